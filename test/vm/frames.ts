/** Just enough of Ethernet, ARP, IPv4, TCP, UDP and DNS to be a neighbour of a machine. Offsets are those of the RFCs. */

export interface ArpRequest {
  readonly kind: 'arp';
  readonly mac: string;
  readonly address: string;
  readonly wanted: string;
}

/** A TCP segment that came from the machine. */
export interface Segment {
  readonly kind: 'tcp';
  readonly port: number;
  /** Of the station: which of its requests this answers. */
  readonly toPort: number;
  readonly flags: { readonly syn: boolean; readonly ack: boolean; readonly rst: boolean };
}

export interface DnsQuestion {
  readonly kind: 'dns';
  readonly mac: string;
  readonly from: string;
  readonly fromPort: number;
  readonly to: string;
  readonly question: { readonly id: number; readonly name: string; readonly type: number; readonly bytes: Buffer };
}

const ARP = 0x0806;
const IPV4 = 0x0800;
const TCP = 6;
const UDP = 17;

/** null: nothing that a station has to do with. */
export function readFrame(frame: Buffer): ArpRequest | Segment | DnsQuestion | null {
  const type = frame.readUInt16BE(12);
  const mac = macText(frame.subarray(6, 12));
  if (type === ARP && frame.readUInt16BE(20) === 1) {
    return { kind: 'arp', mac, address: ipText(frame, 28), wanted: ipText(frame, 38) };
  }
  if (type !== IPV4) return null;
  const packet = frame.subarray(14);
  const [protocol, from, to] = [packet[9], ipText(packet, 12), ipText(packet, 16)];
  const payload = packet.subarray(((packet[0] ?? 0) & 0xf) * 4);
  if (protocol === TCP) {
    const bits = payload[13] ?? 0;
    const flags = { syn: (bits & 2) !== 0, rst: (bits & 4) !== 0, ack: (bits & 16) !== 0 };
    return { kind: 'tcp', port: payload.readUInt16BE(0), toPort: payload.readUInt16BE(2), flags };
  }
  if (protocol !== UDP || payload.readUInt16BE(2) !== 53) return null;
  return { kind: 'dns', mac, from, fromPort: payload.readUInt16BE(0), to, question: questionOf(payload.subarray(8)) };
}

export function arpReply({ mac, address, wanted }: ArpRequest, own: string): Buffer {
  const head = Buffer.from('0001080006040002', 'hex');
  return ethernet(
    mac,
    own,
    ARP,
    Buffer.concat([head, macBytes(own), ipBytes(wanted), macBytes(mac), ipBytes(address)]),
  );
}

export interface Knock {
  readonly from: string;
  readonly fromPort: number;
  readonly fromMac: string;
  readonly to: string;
  readonly toMac: string;
  readonly port: number;
}

/** A request for a connection. */
export function synOf({ from, fromPort, fromMac, to, toMac, port }: Knock): Buffer {
  const segment = Buffer.alloc(20);
  segment.writeUInt16BE(fromPort, 0);
  segment.writeUInt16BE(port, 2);
  segment.writeUInt32BE(Math.floor(Math.random() * 0xffff_ffff), 4);
  segment.writeUInt16BE(0x5002, 12);
  segment.writeUInt16BE(64_240, 14);
  segment.writeUInt16BE(checksum(Buffer.concat([pseudo(from, to, TCP, 20), segment])), 16);
  return ethernet(toMac, fromMac, IPV4, ipv4(from, to, TCP, segment));
}

/** `address` null: there is no such name. A question for another type than A gets an empty answer. */
export function dnsAnswer(
  { mac, from, fromPort, to, question }: DnsQuestion,
  own: string,
  address: string | null,
): Buffer {
  const found = address !== null && question.type === 1;
  const head = Buffer.alloc(12);
  head.writeUInt16BE(question.id, 0);
  head.writeUInt16BE(address === null ? 0x8583 : 0x8580, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(found ? 1 : 0, 6);
  const record = found ? [Buffer.from('c00c00010001000000050004', 'hex'), ipBytes(address)] : [];
  const message = Buffer.concat([head, question.bytes, ...record]);
  const datagram = Buffer.alloc(8);
  datagram.writeUInt16BE(53, 0);
  datagram.writeUInt16BE(fromPort, 2);
  datagram.writeUInt16BE(8 + message.length, 4);
  return ethernet(mac, own, IPV4, ipv4(to, from, UDP, Buffer.concat([datagram, message])));
}

function questionOf(message: Buffer): DnsQuestion['question'] {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const bytes = message.subarray(12, at + 5);
  return {
    id: message.readUInt16BE(0),
    name: labels.join('.').toLowerCase(),
    type: message.readUInt16BE(at + 1),
    bytes,
  };
}

function ethernet(to: string, from: string, type: number, payload: Buffer): Buffer {
  const head = Buffer.concat([macBytes(to), macBytes(from), Buffer.from([type >> 8, type & 0xff])]);
  const frame = Buffer.concat([head, payload]);
  return frame.length >= 60 ? frame : Buffer.concat([frame, Buffer.alloc(60 - frame.length)]);
}

function ipv4(from: string, to: string, protocol: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(20);
  head[0] = 0x45;
  head.writeUInt16BE(20 + payload.length, 2);
  head[8] = 64;
  head[9] = protocol;
  ipBytes(from).copy(head, 12);
  ipBytes(to).copy(head, 16);
  head.writeUInt16BE(checksum(head), 10);
  return Buffer.concat([head, payload]);
}

/** What a TCP checksum counts besides the segment. */
function pseudo(from: string, to: string, protocol: number, length: number): Buffer {
  return Buffer.concat([ipBytes(from), ipBytes(to), Buffer.from([0, protocol, length >> 8, length & 0xff])]);
}

function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

function macText(bytes: Buffer): string {
  return [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join(':');
}

function ipBytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

function ipText(bytes: Buffer, at: number): string {
  return [...bytes.subarray(at, at + 4)].join('.');
}
