import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { trafficOf, trafficTable } from '../../kubernetes/traffic.ts';
import { arpReply, dnsAnswer, synOf } from '../../vm/frames.ts';

const machine = '52:54:00:5a:00:02';
const other = '52:54:00:5a:00:01';
const question = { id: 7, name: 'a', type: 1, bytes: Buffer.from('01610000010001', 'hex') };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'traffic-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('tells what the machine fetched from what it was asked for', () => {
  const called = { from: '10.0.2.15', fromPort: 40_000, fromMac: machine, to: '10.0.2.100', toMac: other, port: 443 };
  const back = { ...called, from: '10.0.2.100', fromPort: 443, fromMac: other, to: '10.0.2.15', toMac: machine };
  const knock = { from: '192.0.2.1', fromPort: 20_001, fromMac: other, to: '10.0.2.15', toMac: machine, port: 80 };
  const capture = pcap([
    synOf(called),
    answering(synOf({ ...back, port: 40_000 }), Buffer.from('hello')),
    synOf(knock),
    arpReply({ kind: 'arp', mac: other, address: '10.0.2.2', wanted: '10.0.2.15' }, machine),
  ]);
  expect(trafficOf([capture], [machine])).toEqual([
    { what: 'tcp 10.0.2.100:443', manner: 'called', sent: 1, sentBytes: 0, came: 1, cameBytes: 5 },
    { what: 'from 192.0.2.1 to tcp 80', manner: 'answered', sent: 0, sentBytes: 0, came: 1, cameBytes: 0 },
    { what: 'arp', manner: 'link', sent: 1, sentBytes: 60, came: 0, cameBytes: 0 },
  ]);
});

it('counts what a name server answers, and a connection whose beginning it has not seen as one of the machine', () => {
  const answer = dnsAnswer(
    { kind: 'dns', mac: machine, from: '10.0.2.15', fromPort: 40_000, to: '10.0.2.9', question },
    other,
    '192.0.2.7',
  );
  const [dns] = trafficOf([pcap([answer])], [machine]);
  expect(dns).toMatchObject({ what: 'dns 10.0.2.9', manner: 'name', sent: 0, came: 1 });
  expect(dns?.cameBytes).toBeGreaterThan(0);
  expect(trafficTable(dns === undefined ? [] : [dns])).toMatch(/name +dns 10\.0\.2\.9 +0 +0 +1 +\d+$/);

  const ends = { from: '9.9.9.9', fromPort: 443, fromMac: other, to: '10.0.2.15', toMac: machine, port: 40_000 };
  expect(trafficOf([pcap([answering(synOf(ends), Buffer.from('hello'))])], [machine])).toMatchObject([
    { what: 'tcp 9.9.9.9:443', manner: 'called', came: 1, cameBytes: 5 },
  ]);
});

it('leaves out a frame that the end of the power cut in two, and refuses what is no capture', () => {
  const whole = pcap([
    synOf({ from: '10.0.2.15', fromPort: 1, fromMac: machine, to: '9.9.9.9', toMac: other, port: 80 }),
  ]);
  const cut = join(folder, 'cut.pcap');
  writeFileSync(cut, Buffer.concat([pcapBytes([]), record(Buffer.alloc(60)).subarray(0, 40)]));
  expect(trafficOf([cut, whole], [machine])).toMatchObject([{ what: 'tcp 9.9.9.9:80', manner: 'called', sent: 1 }]);
  writeFileSync(cut, 'no capture at all, but long enough');
  expect(() => trafficOf([cut], [machine])).toThrow('not a pcap file');
});

function pcap(frames: readonly Buffer[]): string {
  const file = join(folder, `${frames.length}.pcap`);
  writeFileSync(file, pcapBytes(frames));
  return file;
}

function pcapBytes(frames: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  return Buffer.concat([head, ...frames.map(record)]);
}

function record(frame: Buffer): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(frame.length, 8);
  return Buffer.concat([head, frame]);
}

/** The request for a connection made its answer, with a payload. */
function answering(syn: Buffer, payload: Buffer): Buffer {
  const length = 14 + syn.readUInt16BE(16);
  const frame = Buffer.concat([syn.subarray(0, length), payload]);
  frame.writeUInt16BE(length - 14 + payload.length, 16);
  frame[14 + 20 + 13] = 0x12;
  return frame;
}
