import { expect, it } from 'vitest';
import { arpReply, dnsAnswer, readFrame, synOf } from '../../vm/frames.ts';

const own = '52:54:00:5a:00:01';

it('reads a request for an address as Linux sends it, and answers for it', () => {
  const asked = Buffer.from(
    'ffffffffffff5254005a0002080600010800060400015254005a0002c000020a000000000000c0000201',
    'hex',
  );
  const request = readFrame(asked);
  expect(request).toEqual({ kind: 'arp', mac: '52:54:00:5a:00:02', address: '192.0.2.10', wanted: '192.0.2.1' });
  if (request?.kind !== 'arp') throw new Error('not seen as a request');
  expect(arpReply(request, own).toString('hex', 0, 42)).toBe(
    '5254005a00025254005a0001080600010800060400025254005a0001c00002015254005a0002c000020a',
  );
});

it('tells the answers to a request for a connection, and which request they answer', () => {
  const syn = synOf({
    from: '192.0.2.1',
    fromPort: 20_001,
    fromMac: own,
    to: '192.0.2.10',
    toMac: '52:54:00:5a:00:02',
    port: 443,
  });
  expect(readFrame(syn)).toEqual({
    kind: 'tcp',
    port: 20_001,
    toPort: 443,
    flags: { syn: true, ack: false, rst: false },
  });
  // Over the header with its checksum in it the sum is nothing, else the machine would drop the packet.
  const words = Array.from({ length: 10 }, (_, at) => syn.readUInt16BE(14 + at * 2));
  const sum = words.reduce((total, word) => total + word, 0);
  expect((sum & 0xffff) + (sum >> 16)).toBe(0xffff);
});

it('answers a question for a name that it knows, and says of another that there is none', () => {
  const name = Buffer.from('0a636f6e74726f6c6c6572047369746500', 'hex');
  const question = {
    id: 7,
    name: 'controller.site',
    type: 1,
    bytes: Buffer.concat([name, Buffer.from('00010001', 'hex')]),
  };
  const asked = {
    kind: 'dns',
    mac: '52:54:00:5a:00:02',
    from: '192.0.2.20',
    fromPort: 40_000,
    to: '192.0.2.53',
    question,
  } as const;
  const message = 14 + 20 + 8;
  const known = dnsAnswer(asked, own, '10.0.2.2');
  expect(known.toString('hex', message, message + 12)).toBe('000785800001000100000000');
  expect(known.toString('hex', known.length - 6)).toBe('00040a000202');
  const unknown = dnsAnswer(asked, own, null);
  expect(unknown.toString('hex', message, message + 12)).toBe('000785830001000000000000');
});
