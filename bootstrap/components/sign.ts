import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { AgentError } from '../errors.ts';
import type { Files } from '../host/host.ts';
import { keyIdOf, SIGNATURE_SCHEMA, type Signature } from './trust.ts';

/** The text of the signature file for exactly these bytes; the same key and bytes give the same text. */
export function signatureText(bytes: Uint8Array, key: KeyObject): string {
  const signature: Signature = {
    schema: SIGNATURE_SCHEMA,
    keyId: keyIdOf(createPublicKey(key)),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    signature: sign(null, bytes, key).toString('base64'),
  };
  return `${JSON.stringify(signature, null, 2)}\n`;
}

/**
 * Reads the private key to sign with: Ed25519, PEM, unencrypted, a plain file of root's or of `uid`, closed to group and
 * others. Throws E_SIGNING_KEY, which never holds anything of the file's content.
 */
export async function readSigningKey(files: Files, path: string, uid: number): Promise<KeyObject> {
  const info = await files.stat(path);
  const fault =
    info === null
      ? 'there is no such file'
      : info.type !== 'file'
        ? `it is a ${info.type}`
        : info.uid !== 0 && info.uid !== uid
          ? `it belongs to user ${info.uid}`
          : (info.mode & 0o077) === 0
            ? null
            : `its mode is ${info.mode.toString(8).padStart(4, '0')}, so others can read or change it`;
  if (fault !== null) {
    throw refused(path, fault, 'a plain file of mode 0600 that belongs to you', `chmod 0600 ${path}; ls -l ${path}`);
  }
  const pem = (await files.readText(path)) ?? '';
  if (/ENCRYPTED/.test(pem))
    throw refused(path, 'it is encrypted', 'an unencrypted key', `openssl pkey -in ${path} -out NEW`);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw refused(path, 'it is not a private key in PEM', 'an Ed25519 private key');
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw refused(path, `it is a key of type ${key.asymmetricKeyType}`, 'an Ed25519 private key');
}

function refused(path: string, seen: string, wanted: string, next?: string): AgentError {
  return new AgentError('E_SIGNING_KEY', `the key ${path} is refused: ${seen}`, {
    seen,
    wanted,
    ...(next === undefined ? {} : { next }),
    data: { path },
  });
}
