import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface Signer {
  readonly keyFile: string;
  readonly publicPem: string;
}

/** The key that signs the manifest: the given one, or a new one in `workDir`, which the caller deletes. */
export function openSigner(signing: { readonly keyFile: string } | 'throw-away', workDir: string): Signer {
  const keyFile = signing === 'throw-away' ? throwAwayKey(workDir) : signing.keyFile;
  if ((statSync(keyFile).mode & 0o077) !== 0)
    throw new Error(`others may read ${keyFile}; type: chmod 0600 ${keyFile}`);
  const key = createPrivateKey(readFileSync(keyFile, 'utf8'));
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${keyFile} must hold an Ed25519 private key in PEM`);
  return { keyFile, publicPem: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString() };
}

/** Further keys for /etc/conjurer/trust.d, by the names of their files. Throws where one is no public Ed25519 key. */
export function readPublicKeys(files: readonly string[]): { name: string; pem: string }[] {
  return files.map(file => {
    const text = readFileSync(file, 'utf8');
    if (!text.trimStart().startsWith('-----BEGIN PUBLIC KEY-----'))
      throw new Error(`${file} must hold a public key in PEM`);
    const key = createPublicKey(text);
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${file} must hold an Ed25519 key`);
    return { name: basename(file, '.pem'), pem: key.export({ type: 'spki', format: 'pem' }).toString() };
  });
}

function throwAwayKey(workDir: string): string {
  const keyFile = join(workDir, 'throw-away.key');
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), { mode: 0o600 });
  return keyFile;
}
