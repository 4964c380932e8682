import { expect, test } from 'vitest';
import { clockFloor } from '../../../../agent/controller/clock-floor.ts';

const early = new Date('2026-01-01T00:00:00Z');
const middle = new Date('2026-02-01T00:00:00Z');
const late = new Date('2026-03-01T00:00:00Z');

test.each([
  ['the credentials', { imageBuiltAt: null, issuedAt: middle, persisted: null }, middle],
  ['the image, when it is younger', { imageBuiltAt: late, issuedAt: middle, persisted: null }, late],
  ['the credentials, when they are younger', { imageBuiltAt: early, issuedAt: middle, persisted: null }, middle],
  ['a proved time', { imageBuiltAt: early, issuedAt: middle, persisted: { at: late, proved: true } }, late],
  [
    'not a time that only was on the clock',
    { imageBuiltAt: early, issuedAt: middle, persisted: { at: late, proved: false } },
    middle,
  ],
  ['not an older proved time', { imageBuiltAt: late, issuedAt: middle, persisted: { at: early, proved: true } }, late],
])('%s', (_name, known, floor) => {
  expect(clockFloor(known)).toEqual(floor);
});
