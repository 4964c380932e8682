import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { hashMachineId } from '../../../../bootstrap/facts/machine-id.ts';

const id = '8f0e2d4c6b8a4f1e9d7c5b3a19283746';

it('is a keyed hash that never changes from one release to the next', () => {
  expect(hashMachineId(`${id}\n`)).toBe('d9eb18817f7bc6772132c63b2d5cb5a370c263833c0a79bf4ec069e95b3c5131');
});

it('is HMAC-SHA256 keyed by the machine-id, as systemd derives application ids', () => {
  const application = Buffer.from('c1f04b7a9d2e4f63a85c07e1b3d9426f', 'hex');
  const expected = createHmac('sha256', Buffer.from(id, 'hex')).update(application).digest('hex');
  expect(hashMachineId(id)).toBe(expected);
});

it.each(['', 'uninitialized', '0'.repeat(32), id.slice(1), `${id}0`, `${id} ${id}`])('%j is no machine-id', text => {
  expect(hashMachineId(text)).toBeNull();
});
