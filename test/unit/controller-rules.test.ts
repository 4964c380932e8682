import { describe, expect, test } from 'vitest';
import { compareHardware } from '../controller/hardware.ts';
import { createRateLimit } from '../controller/http/rate-limit.ts';
import { compareVersions } from '../controller/versions.ts';

const hardware = (smbiosUuid: string | null, serial: string | null) => ({
  smbiosUuid,
  serial,
  machineIdHash: null,
  macs: [],
  vendor: null,
  product: null,
  virtualization: null,
});

describe('same hardware', () => {
  test.each([
    ['equal UUIDs, whatever the serial', ['u', 'a'], ['u', 'b'], 'same'],
    ['other UUIDs, equal serials', ['u', 'a'], ['v', 'a'], 'different'],
    ['one UUID unknown, equal serials', [null, 'a'], ['v', 'a'], 'same'],
    ['one UUID unknown, other serials', ['u', 'a'], [null, 'b'], 'different'],
    ['one UUID unknown, one serial unknown', [null, 'a'], ['v', null], 'unknown'],
    ['nothing known', [null, null], [null, null], 'unknown'],
  ] as const)('%s', (_, a, b, expected) => {
    expect(compareHardware(hardware(a[0], a[1]), hardware(b[0], b[1]))).toBe(expected);
    expect(compareHardware(hardware(b[0], b[1]), hardware(a[0], a[1]))).toBe(expected);
  });
});

describe('versions are compared as numbers', () => {
  test.each([
    ['1.10.0', '1.9.9', 1],
    ['2.0.0', '10.0.0', -1],
    ['1.2.3', '1.2.3', 0],
    ['1.2.3', '1.2.4', -1],
  ] as const)('%s and %s', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });
});

describe('the rate limit', () => {
  test('lets so many a second pass, after a pause no more than that, and says when to come again', () => {
    let now = 0;
    const take = createRateLimit(() => now);
    const burst = (): number => Array.from({ length: 100 }, () => take(20)).filter(wait => wait === null).length;
    expect(burst()).toBe(20);
    expect(take(20)).toBe(1);
    now += 500;
    expect(burst()).toBe(10);
    now += 3_600_000;
    expect(burst()).toBe(20);
    expect(take(null)).toBeNull();
  });

  test('at less than one a second there is still one at a time', () => {
    let now = 0;
    const take = createRateLimit(() => now);
    expect([take(0.1), take(0.1)]).toEqual([null, 10]);
    now += 10_000;
    expect(take(0.1)).toBeNull();
  });
});
