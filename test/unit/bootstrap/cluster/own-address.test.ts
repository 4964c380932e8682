import { expect, test } from 'vitest';
import { ownAddress } from '../../../../bootstrap/cluster/own-address.ts';
import type { Facts } from '../../../../bootstrap/facts/facts.ts';

const nic = (name: string, addresses: readonly string[], uplink = true) =>
  ({ name, addresses, uplink }) as unknown as Facts['nics'][number];
const route = (name: string, metric: number) => ({ destination: '0.0.0.0/0', gateway: null, interface: name, metric });
const nics = [nic('eth0', ['fe80::1/64', '10.0.0.1/24']), nic('eth1', ['2001:db8::1/64', '192.0.2.1/24'])];

test('the address is that of the default route with the lowest metric, IPv4 first', () => {
  expect(ownAddress({ nics, routes: [route('eth0', 200), route('eth1', 100)] }, null)).toBe('192.0.2.1');
});

test('or the one that the endpoint names, where it is of this machine', () => {
  expect(ownAddress({ nics, routes: [route('eth1', 100)] }, '10.0.0.1:6443')).toBe('10.0.0.1');
  expect(ownAddress({ nics, routes: [route('eth1', 100)] }, '10.9.9.9:6443')).toBe('192.0.2.1');
});

test('without a default route it is that of an uplink, and never one that others cannot reach', () => {
  expect(ownAddress({ nics, routes: [] }, null)).toBe('10.0.0.1');
  expect(() => ownAddress({ nics: [nic('eth0', ['fe80::1/64', '169.254.3.3/16'])], routes: [] }, null)).toThrow(
    'no address',
  );
});
