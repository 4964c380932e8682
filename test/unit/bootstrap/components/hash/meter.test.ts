import { expect, test } from 'vitest';
import { createMeter } from '../../../../../bootstrap/components/hash/meter.ts';

test('the time left is what the rest takes at the speed so far, once that can be told', () => {
  let now = 1000;
  const meter = createMeter({ monotonicMs: () => now });
  expect(meter.reading()).toEqual({ readBytes: 0, expectedBytes: 0, secondsLeft: null });
  meter.expect(3000);
  meter.expect(1000);
  now += 100;
  meter.read(500);
  expect(meter.reading()).toEqual({ readBytes: 500, expectedBytes: 4000, secondsLeft: null });
  now += 900;
  meter.read(500);
  expect(meter.reading()).toEqual({ readBytes: 1000, expectedBytes: 4000, secondsLeft: 3 });
  meter.read(3000);
  expect(meter.reading()).toEqual({ readBytes: 4000, expectedBytes: 4000, secondsLeft: 0 });
  meter.read(1);
  expect(meter.reading()).toMatchObject({ readBytes: 4001, expectedBytes: 4001, secondsLeft: 0 });
});
