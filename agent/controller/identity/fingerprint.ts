import { createHash } from 'node:crypto';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** `SHA256:` and the unpadded base64 of SHA-256 over a key's SPKI DER: what an admin approves. */
export function keyFingerprint(spki: Buffer): string {
  return `SHA256:${sha256(spki).toString('base64').replace(/=+$/, '')}`;
}

/** The first 40 bits of the same hash in Crockford base32, `XXXX-XXXX`: short enough to be read out on the phone. */
export function claimCode(spki: Buffer): string {
  const bits = BigInt(`0x${sha256(spki).subarray(0, 5).toString('hex')}`);
  const letters = Array.from({ length: 8 }, (_, i) => CROCKFORD[Number((bits >> BigInt(35 - 5 * i)) & 31n)]).join('');
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}

/** Call 1's Idempotency-Key: base64url(SHA-256(clusterId 00 edgeName 00 SPKI DER)), the bare 43 characters. */
export function idempotencyKey(clusterId: string, edgeName: string, spki: Buffer): string {
  return createHash('sha256').update(`${clusterId}\0${edgeName}\0`, 'utf8').update(spki).digest('base64url');
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
