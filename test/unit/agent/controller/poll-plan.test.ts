import { expect, test } from 'vitest';
import { defaultPatience, Patience } from '../../../../agent/controller/patience.ts';
import { afterPoll, nextPoll, type PollHistory, startPolling } from '../../../../agent/controller/poll-plan.ts';

const HOUR = 3_600_000;
const last = { waitedMs: 0, longPollMaxSeconds: 50, retryAfterSeconds: null };

function next(
  history: PollHistory,
  more: { waitedMs?: number; longPollMaxSeconds?: number; retryAfterSeconds?: number },
  random = 0.5,
) {
  return nextPoll(history, { ...last, ...more }, defaultPatience, () => random);
}

function ended(history: PollHistory, tookSeconds: number, how: 304 | 504 | 'otherwise', waitSeconds = 50) {
  return afterPoll(history, { waitSeconds, tookMs: 1000 * tookSeconds, ended: how }, defaultPatience);
}

const plain = ended(ended(startPolling, 1, 304), 1, 504);

test('long-polls, as long as the Controller allows', () => {
  expect(next(startPolling, {})).toEqual({ waitSeconds: 50, delayMs: 1000 });
  expect(next(startPolling, { longPollMaxSeconds: 20 })).toMatchObject({ waitSeconds: 20 });
  expect(next(startPolling, { retryAfterSeconds: 1 })).toEqual({ waitSeconds: 50, delayMs: 1500 });
});

test('none where the Controller allows none', () => {
  expect(next(startPolling, { longPollMaxSeconds: 0 })).toEqual({ waitSeconds: 0, delayMs: 30_000 });
});

test('two in a row that end early in 304 or 504 switch to plain polls, for good', () => {
  expect(plain.plain).toBe(true);
  expect(ended(plain, 50, 304, 0)).toEqual(plain);
});

test.each([
  ['one', ended(startPolling, 1, 304)],
  ['two with a long one in between', ended(ended(ended(startPolling, 1, 304), 50, 304), 1, 304)],
  ['two that took 5 s', ended(ended(startPolling, 5, 304), 5, 504)],
  ['two that failed otherwise', ended(ended(startPolling, 1, 'otherwise'), 1, 'otherwise')],
])('%s does not', (_name, history) => {
  expect(history.plain).toBe(false);
});

test.each([
  [0, 0, 15],
  [0, 0.999999, 45],
  [HOUR - 1, 0.5, 30],
  [HOUR, 0, 150],
  [95 * HOUR, 0.5, 300],
  [96 * HOUR, 0.5, 1800],
  [10_000 * HOUR, 0.999999, 2700],
])('plain after %d ms at draw %d: %d s', (waitedMs, random, seconds) => {
  const poll = next(plain, { waitedMs }, random);
  expect(poll.waitSeconds).toBe(0);
  expect(poll.delayMs / 1000).toBeCloseTo(seconds, 0);
});

test('after 96 hours long-polls end too', () => {
  expect(next(startPolling, { waitedMs: 96 * HOUR })).toEqual({ waitSeconds: 0, delayMs: 1_800_000 });
});

test('the Controller can ask for a slower pace than ours, not for a faster one', () => {
  expect(next(plain, { retryAfterSeconds: 30 }, 0).delayMs).toBe(15_000);
  expect(next(plain, { retryAfterSeconds: 120 }, 0.5).delayMs).toBe(180_000);
  expect(next(plain, { retryAfterSeconds: 1, waitedMs: 2 * HOUR }, 0.5).delayMs).toBe(300_000);
});

test('with a short wait in the configuration, only what ends before that wait is early', () => {
  const quick = Patience.parse({ poll: { waitSeconds: 1 } });
  const whole = { waitSeconds: 1, tookMs: 1000, ended: 304 } as const;
  expect(afterPoll(afterPoll(startPolling, whole, quick), whole, quick).plain).toBe(false);
});
