/** The time by which certificates, answers and expiries are made; a fault shifts it against the machine's. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** How far this clock is ahead of the machine's, in milliseconds. */
  skew: number;
}

export const SECOND = 1000;
export const HOUR = 3600 * SECOND;
export const DAY = 24 * HOUR;

export function createClock(): Clock {
  const clock = { skew: 0, now: () => Date.now() + clock.skew };
  return clock;
}

/** RFC 3339, UTC, with seconds. */
export function rfc3339(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
