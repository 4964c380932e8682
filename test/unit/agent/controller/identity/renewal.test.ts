import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renewalTime } from '../../../../../agent/controller/identity/renewal.ts';

const DAY = 86_400_000;
const certificate = {
  notBefore: new Date('2026-01-01T00:00:00Z'),
  renewAfter: new Date('2026-05-01T00:00:00Z'),
  notAfter: new Date('2026-06-30T00:00:00Z'),
};
const moved = (seed: string) => renewalTime({ ...certificate, seed }).getTime() - certificate.renewAfter.getTime();

test('the same moment for the same certificate, another for another', () => {
  expect(moved('aa')).toBe(moved('aa'));
  expect(moved('aa')).not.toBe(moved('ab'));
});

test('within 5 % of the life on either side, and spread over it', () => {
  const life = 180 * DAY;
  fc.assert(fc.property(fc.string(), seed => Math.abs(moved(seed)) <= 0.05 * life + 1));
  const offsets = Array.from({ length: 400 }, (_, i) => moved(`node ${i}`) / life);
  expect(Math.min(...offsets)).toBeLessThan(-0.045);
  expect(Math.max(...offsets)).toBeGreaterThan(0.045);
  expect(offsets.filter(offset => offset < 0).length).toBeGreaterThan(150);
  expect(offsets.filter(offset => offset > 0).length).toBeGreaterThan(150);
});

test('without notBefore the life is three times what is left after renewAfter', () => {
  const { renewAfter, notAfter } = certificate;
  const known = renewalTime({ ...certificate, seed: 'x' }).getTime();
  expect(renewalTime({ renewAfter, notAfter, seed: 'x' }).getTime()).toBe(known);
});

test('never after the end', () => {
  const { notBefore, notAfter } = certificate;
  fc.assert(
    fc.property(fc.string(), seed => renewalTime({ notBefore, renewAfter: notAfter, notAfter, seed }) <= notAfter),
  );
});
