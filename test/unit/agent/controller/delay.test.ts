import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs, cryptoRandom, retryAfterMs, spreadMs, waitMs } from '../../../../agent/controller/delay.ts';
import { defaultPatience } from '../../../../agent/controller/patience.ts';

const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test.each([
  [0, 0, 1000],
  [0, 0.999999, 5000],
  [1, 0.5, 5000],
  [3, 0.5, 20_000],
  [6, 0.5, 150_000],
  [5000, 0.5, 150_000],
])('backoff %d at draw %d is about %d ms', (n, random, ms) => {
  expect(backoffMs(n, defaultPatience, () => random)).toBeCloseTo(ms, -1);
});

test('a backoff is never below 1 s nor above 300 s', () => {
  fc.assert(
    fc.property(fc.nat(), draw, (n, random) => {
      const ms = backoffMs(n, defaultPatience, () => random);
      expect(ms).toBeGreaterThanOrEqual(1000);
      expect(ms).toBeLessThanOrEqual(300_000);
    }),
  );
});

test.each([
  [30, true, 0, 30],
  [30, true, 0.5, 45],
  [600, true, 0.999999, 900],
  [999_999, true, 0.5, 900],
  [40, false, 0.999999, 60],
  [999_999, false, 0, 60],
  [0, false, 0.5, 1],
])('Retry-After %d (authenticated: %s) at draw %d is %d s', (seconds, authenticated, random, expected) => {
  expect(retryAfterMs(seconds, authenticated, defaultPatience, () => random) / 1000).toBeCloseTo(expected, 2);
});

test('a hostile Retry-After is never waited out beyond the cap, and a fair one never cut short', () => {
  fc.assert(
    fc.property(fc.nat(), fc.boolean(), draw, (seconds, authenticated, random) => {
      const cap = authenticated ? 900 : 60;
      const waited = retryAfterMs(seconds, authenticated, defaultPatience, () => random) / 1000;
      expect(waited).toBeLessThanOrEqual(cap + 1e-9);
      expect(waited).toBeGreaterThanOrEqual(Math.min(seconds, cap) - 1e-9);
    }),
  );
});

test.each([
  [0, 0, 150],
  [0, 0.999999, 450],
  [3_599_999, 0.5, 300],
  [3_600_000, 0, 900],
  [1e12, 0.999999, 2700],
])('class wait after %d ms at draw %d is %d s', (waited, random, seconds) => {
  expect(waitMs(waited, defaultPatience, () => random) / 1000).toBeCloseTo(seconds, 0);
});

test('a spread is around its middle', () => {
  expect(spreadMs(10, 0.2, () => 0)).toBe(8000);
  expect(spreadMs(10, 0.2, () => 0.5)).toBe(10_000);
});

test('the random numbers of the system lie in [0, 1) and differ', () => {
  const drawn = Array.from({ length: 100 }, cryptoRandom);
  expect(drawn.every(number => number >= 0 && number < 1)).toBe(true);
  expect(new Set(drawn).size).toBeGreaterThan(95);
});
