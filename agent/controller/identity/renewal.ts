import { createHash } from 'node:crypto';

const SPREAD = 0.05;

/**
 * When to renew a certificate: `renewAfter`, moved by up to 5 % of the certificate's life in either direction, so that
 * a fleet enrolled on one day does not renew on one day. `seed` is the certificate's SHA-256 (lower-case hex): every
 * run computes the same moment for the same certificate. Where `notBefore` is not known, renewAfter is taken to be at
 * two thirds of the life. Never later than `notAfter`.
 */
export function renewalTime(certificate: {
  readonly notBefore?: Date;
  readonly renewAfter: Date;
  readonly notAfter: Date;
  readonly seed: string;
}): Date {
  const end = certificate.notAfter.getTime();
  const wanted = certificate.renewAfter.getTime();
  const life = certificate.notBefore === undefined ? 3 * (end - wanted) : end - certificate.notBefore.getTime();
  const moved = wanted + life * SPREAD * signedFraction(certificate.seed);
  return new Date(Math.min(Math.round(moved), end));
}

/** A number from -1 to 1 that looks random and belongs to the seed. */
function signedFraction(seed: string): number {
  const drawn = createHash('sha256').update(`conjurer renewal ${seed}`).digest().readUInt32BE(0);
  return (drawn / 0xffffffff) * 2 - 1;
}
