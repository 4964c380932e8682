import { expect, test } from 'vitest';
import { withFailed, withOpen } from '../../../../../agent/diagnostics/flight-recorder/keep.ts';
import { maxBytes, textOf } from '../../../../../agent/diagnostics/flight-recorder/limits.ts';
import { type Attempt, Recording } from '../../../../../agent/diagnostics/flight-recorder/recording.ts';

const at = '2026-11-22T08:00:00.000Z';

/** What JSON and UTF-8 make longer, and what is cut in the middle of a character. */
const longTexts = ['x', '\u0000', '"\\', '漢', '😀', 'a😀', '\ud800', '\u202e'].map(part => part.repeat(3000));

test.each(longTexts)('of the largest attempts the recording stays small, and can be read again (%#)', text => {
  let recording: Recording | null = null;
  for (let number = 0; number < 12; number += 1) recording = withFailed(recording, largest(`${number}${text}`));
  const full = withOpen(recording, largest(text));
  expect(Buffer.byteLength(textOf(full))).toBeLessThanOrEqual(maxBytes);
  const again = Recording.parse(JSON.parse(textOf(full)));
  expect(again.first).toEqual(recording?.first);
  expect(again.recent.at(-1)?.command.slice(0, 2)).toBe('11');
  expect(again.open?.command.isWellFormed()).toBe(true);
});

function largest(text: string): Attempt {
  const many = <T>(one: T): T[] => Array.from({ length: 100 }, () => one);
  const check = { id: text, status: text, observed: text, required: text, fix: text };
  return {
    command: text,
    version: text,
    bootId: text,
    startedAt: at,
    endedAt: at,
    times: 1,
    stages: many({ name: text, state: 'failed', from: at, to: at }),
    retries: many({ call: text, code: text, times: 1, firstAt: at, lastAt: at }),
    waits: many({ what: text, who: text, code: text, since: at }),
    error: {
      code: text,
      message: text,
      seen: text,
      wanted: text,
      check: text,
      next: text,
      data: Object.fromEntries(Array.from({ length: 100 }, (_, number) => [`${number}${text}`, text])),
    },
    checks: many(check),
    findings: many({ component: text, problem: text, observed: text, expected: text, fix: text }),
  };
}

test('of many different failures the first and the newest are kept, and how many were let go', () => {
  let recording: Recording | null = null;
  for (let number = 1; number <= 30; number += 1) recording = withFailed(recording, failure(`stage ${number}`));
  expect(recording).toMatchObject({ first: { stages: [{ name: 'stage 1' }] }, dropped: 23 });
  expect(recording?.recent.map(({ stages }) => stages[0]?.name)).toEqual(
    [25, 26, 27, 28, 29, 30].map(number => `stage ${number}`),
  );
});

function failure(stage: string): Attempt {
  return {
    command: 'run',
    version: '1.0.0',
    bootId: null,
    startedAt: at,
    endedAt: at,
    times: 1,
    stages: [{ name: stage, state: 'failed', from: at, to: at }],
    retries: [],
    waits: [],
    error: null,
    checks: [],
    findings: [],
  };
}
