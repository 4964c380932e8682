import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRedactor } from '../../../../../agent/diagnostics/redaction/create-redactor.ts';

const redactor = createRedactor({ salt: Buffer.from('salt'), privacy: true });
const bits = (address: string) =>
  address
    .split('.')
    .map(part => Number(part).toString(2).padStart(8, '0'))
    .join('');
const common = (a: string, b: string) => [...a].findIndex((bit, at) => bit !== b[at]);

it('two addresses share as many leading bits as before', () => {
  const octet = fc.nat({ max: 254 });
  const address = fc.tuple(fc.constantFrom(10, 52, 172, 192, 203), octet, octet, octet).map(parts => parts.join('.'));
  fc.assert(
    fc.property(address, address, (a, b) => {
      const [c, d] = redactor.redact(`${a} ${b}`).split(' ');
      expect(common(bits(c ?? ''), bits(d ?? ''))).toBe(common(bits(a), bits(b)));
    }),
    { numRuns: 100 },
  );
});

it('addresses, MACs and names become others, the same in every place', () => {
  const text = 'eth0 52:54:00:12:34:56 inet 10.20.30.40/24 gw 10.20.30.1 host edge-7.corp.example dns 2001:db8::53';
  const clean = redactor.redact(text);
  for (const part of ['52:54:00:12:34:56', '10.20.30.40', 'edge-7', 'corp', '2001:db8::53'])
    expect(clean).not.toContain(part);
  expect(clean).toMatch(/inet 10\.\d+\.\d+\.\d+\/24 gw 10\./);
  const again = redactor.redact('from 10.20.30.40 edge-7.corp.example').split(' ');
  expect(clean).toContain(again[1]);
  expect(clean).toContain(again[2]);
});

it('what says nothing of the place stays', () => {
  const text = 'lo 127.0.0.1 0.0.0.0 mask 255.255.255.0 registry.k8s.io/pause:3.10 v1.31.0 at 18:57:20 kubelet.service';
  expect(redactor.redact(text)).toBe(text);
});

it('is off unless it is asked for', () => {
  const text = 'eth0 52:54:00:12:34:56 inet 10.20.30.40/24 edge-7.corp.example';
  expect(createRedactor({ salt: Buffer.from('salt') }).redact(text)).toBe(text);
});
