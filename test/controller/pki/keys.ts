import { createHash, generateKeyPairSync } from 'node:crypto';

/** A key pair as the two DER forms that are needed: PKCS#8 to keep it, SPKI to name it. */
export interface KeyPair {
  readonly pkcs8: Buffer;
  readonly spki: Buffer;
}

export function newP256Key(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    pkcs8: privateKey.export({ type: 'pkcs8', format: 'der' }),
    spki: publicKey.export({ type: 'spki', format: 'der' }),
  };
}

export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** `SHA256:` and base64 without padding, over the SPKI DER: what an admin approves. */
export function keyFingerprint(spki: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(spki).digest('base64').replace(/=+$/, '')}`;
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The first 40 bits of the same digest in Crockford base32, `XXXX-XXXX`, so that two people can compare by voice. */
export function claimCode(spki: Uint8Array): string {
  let bits = createHash('sha256').update(spki).digest().readUIntBE(0, 5);
  let text = '';
  for (let digit = 0; digit < 8; digit++) {
    text = CROCKFORD.charAt(bits % 32) + text;
    bits = Math.floor(bits / 32);
  }
  return `${text.slice(0, 4)}-${text.slice(4)}`;
}
