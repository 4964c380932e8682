import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { AgentError } from '../../../bootstrap/errors.ts';
import { claimCode, keyFingerprint } from './fingerprint.ts';

/** What may be shown of a key, and what an admin compares before approving it. */
export interface PublicIdentity {
  readonly spki: Buffer;
  /** `SHA256:` and 43 characters of base64. */
  readonly keyFingerprint: string;
  /** `XXXX-XXXX`. */
  readonly claimCode: string;
}

/** A new P-256 key, PKCS#8 PEM. Unencrypted: the file it goes to is 0600, and the caller wipes the buffer. */
export function generateNodeKey(): PublicIdentity & { readonly keyPem: Buffer } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyPem = Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return { keyPem, ...publicIdentity(keyPem) };
}

/** The public half of a key made by generateNodeKey. Throws E_STATE_INVALID where the bytes hold no such key. */
export function publicIdentity(keyPem: Buffer): PublicIdentity {
  const spki = createPublicKey(openNodeKey(keyPem)).export({ type: 'spki', format: 'der' });
  return { spki, keyFingerprint: keyFingerprint(spki), claimCode: claimCode(spki) };
}

/** The key itself, from its PEM. Throws E_STATE_INVALID. */
export function openNodeKey(keyPem: Buffer): KeyObject {
  const key = readKey(keyPem);
  if (key?.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  throw new AgentError('E_STATE_INVALID', 'the key of this machine cannot be read', {
    seen: key === null ? 'bytes that are not a private key' : `a key of type ${key.asymmetricKeyType}`,
    wanted: 'a P-256 private key (PKCS#8 PEM)',
  });
}

function readKey(keyPem: Buffer): KeyObject | null {
  try {
    return createPrivateKey({ key: keyPem, format: 'pem' });
  } catch {
    return null;
  }
}
