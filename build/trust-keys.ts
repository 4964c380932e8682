import { createPublicKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The public keys of build/trust/*.pem, which may sign manifests on every machine that runs this build; a vendor puts
 * its own there. Throws where a file holds anything but one Ed25519 public key.
 */
export function readTrustKeys(root: string): string[] {
  const directory = join(root, 'build', 'trust');
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter(name => name.endsWith('.pem'));
  return names.sort().map(name => publicPem(readFileSync(join(directory, name), 'utf8'), name));
}

function publicPem(text: string, name: string): string {
  const wrong = new Error(`build/trust/${name} must hold one Ed25519 public key in PEM, and nothing else`);
  if (!text.trimStart().startsWith('-----BEGIN PUBLIC KEY-----')) throw wrong;
  try {
    const key = createPublicKey(text);
    if (key.asymmetricKeyType !== 'ed25519') throw wrong;
    return key.export({ type: 'spki', format: 'pem' }).toString();
  } catch {
    throw wrong;
  }
}
