import { expect, it } from 'vitest';
import { parseIpv4Routes, parseIpv6Routes } from '../../../../bootstrap/facts/routes.ts';

const zeros = '0'.repeat(32);
const host = '20010db8000000000000000000000005';
const six = (to: string, bits: string, flags: string, name: string): string =>
  `${to} ${bits} ${zeros} 00 ${zeros} 00000100 00000001 00000000 ${flags} ${name.padStart(8)}\n`;

it('reads an IPv6 route', () => {
  expect(parseIpv6Routes(six(host, '80', '00000005', 'ens3'))).toEqual([
    { destination: '2001:db8::5/128', gateway: null, interface: 'ens3', metric: 256 },
  ]);
});

it.each([
  ['an address of this machine', six(host, '80', '80000001', 'ens3')],
  ['an anycast address', six(host, '80', '00100001', 'ens3')],
  ['a cached path', six(host, '80', '01000001', 'ens3')],
  ['an unreachable destination', six(host, '80', '00000201', 'ens3')],
  ['a route that is down', six(host, '80', '00000000', 'ens3')],
  ['the loopback', six(host, '80', '00000001', 'lo')],
  ['multicast', six(`ff${zeros.slice(2)}`, '08', '00000001', 'ens3')],
  ['link-local', six(`fe80${zeros.slice(4)}`, '40', '00000001', 'ens3')],
])('leaves out %s', (_, line) => {
  expect(parseIpv6Routes(line)).toEqual([]);
});

it.each([
  ['0001', 1],
  ['0201', 0],
  ['0000', 0],
])('an IPv4 route with flags %s counts %i times', (flags, times) => {
  expect(parseIpv4Routes(`ens3\t0000000A\t00000000\t${flags}\t0\t0\t0\t000000FF\t0\t0\t0\n`)).toHaveLength(times);
});
