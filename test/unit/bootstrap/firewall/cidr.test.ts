import { expect, it } from 'vitest';
import { parseCidr } from '../../../../bootstrap/firewall/cidr.ts';

it.each([
  ['10.1.2.3/8', '10.0.0.0/8'],
  ['192.0.2.7', '192.0.2.7/32'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['2001:DB8:0:0:1::/64', '2001:db8::/64'],
  ['fe80::1', 'fe80::1/128'],
  ['::/0', '::/0'],
  ['fd00:10:244::5/47', 'fd00:10:244::/47'],
])('%s is the network %s', (written, text) => {
  expect(parseCidr(written)?.text).toBe(text);
});

it.each(['10.0.0.0/33', '10.0.0/8', '256.0.0.1', '::1/129', 'example.com', '', '10.0.0.0/8/8', '::g', '10.0.0.0/-1'])(
  '"%s" is none',
  written => {
    expect(parseCidr(written)).toBeNull();
  },
);
