import { randomBytes } from 'node:crypto';
import type { RetryAdvice } from '../../bootstrap/errors.ts';
import type { Patience } from './patience.ts';

/** A number in [0, 1). */
export type Random = () => number;

/** From the system's generator, since cloned machines would share any seed. */
export const cryptoRandom: Random = () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48;

/** Milliseconds before retry number `n` (from 0) of class retry: max(floor, U(0, min(cap, base·2ⁿ))). */
export function backoffMs(n: number, { backoff }: Patience, random: Random): number {
  const ceiling = Math.min(backoff.capSeconds, backoff.baseSeconds * 2 ** Math.min(n, 64));
  return 1000 * Math.max(backoff.floorSeconds, random() * ceiling);
}

/**
 * Milliseconds for a Retry-After of R seconds: R + U(0, R), never above the cap. Below the cap the draw is made up to
 * it, so that machines told the same R do not come back together.
 */
export function retryAfterMs(
  seconds: number,
  authenticated: boolean,
  { retryAfter, backoff }: Patience,
  random: Random,
): number {
  const cap = authenticated ? retryAfter.controllerCapSeconds : retryAfter.otherCapSeconds;
  const least = Math.min(seconds, cap);
  const most = Math.min(2 * seconds, cap);
  return 1000 * Math.max(backoff.floorSeconds, least + random() * (most - least));
}

/** Milliseconds before the next try of class wait, `waitedMs` after the waiting began. */
export function waitMs(waitedMs: number, { wait }: Patience, random: Random): number {
  const seconds = waitedMs < 1000 * wait.firstForSeconds ? wait.firstSeconds : wait.laterSeconds;
  return spreadMs(seconds, wait.spread, random);
}

/** `seconds` ± `fraction` of it, in milliseconds. */
export function spreadMs(seconds: number, fraction: number, random: Random): number {
  return 1000 * seconds * (1 + fraction * (2 * random() - 1));
}

/** Milliseconds before the next try of class retry: what the other side asked for, else the backoff of step `n`. */
export function retryMs(n: number, advice: RetryAdvice, patience: Patience, random: Random): number {
  return advice.retryAfterSeconds === null
    ? backoffMs(n, patience, random)
    : retryAfterMs(advice.retryAfterSeconds, advice.authenticated, patience, random);
}
