import { readFileSync } from 'node:fs';

/** What went between a machine and one peer, in one manner, over all frames that were kept. */
export interface Traffic {
  /** "tcp 10.0.2.100:40123", "dns 10.0.2.9", "from 10.0.2.2 to tcp 80", "arp", "icmpv6 ff02::2". */
  readonly what: string;
  readonly manner: Manner;
  /** Frames that the machine sent, and that came to it. */
  sent: number;
  came: number;
  /** Of transport protocols, without their headers; of everything else the whole frame. */
  sentBytes: number;
  cameBytes: number;
}

/**
 * `link`: ARP, DHCP, the like of IPv6 and groups, which end on the segment, and ICMP, whose echo is the machine's own
 * bytes. `name`: questions to a name server. `called`: the machine began, or nobody saw who did. `answered`: somebody else
 * did.
 */
export type Manner = 'link' | 'name' | 'called' | 'answered';

/** Reads the files that QEMU has kept of a machine's cards. */
export function trafficOf(captures: readonly string[], macs: readonly string[]): Traffic[] {
  const all = new Map<string, Traffic>();
  for (const file of captures) {
    const begun = new Map<string, boolean>();
    for (const frame of framesOf(readFileSync(file))) {
      const isSent = macs.includes(frame.toString('hex', 6, 12).replaceAll(/(..)(?!$)/g, '$1:'));
      const { what, manner, bytes } = read(frame, isSent, begun);
      const traffic = all.get(what) ?? { what, manner, sent: 0, came: 0, sentBytes: 0, cameBytes: 0 };
      all.set(what, traffic);
      traffic[isSent ? 'sent' : 'came'] += 1;
      traffic[isSent ? 'sentBytes' : 'cameBytes'] += bytes;
    }
  }
  return [...all.values()].sort((a, b) => order.indexOf(a.manner) - order.indexOf(b.manner));
}

/** A line for each, as a table. */
export function trafficTable(traffic: readonly Traffic[]): string {
  const rows = traffic.map(({ manner, what, sent, sentBytes, came, cameBytes }) =>
    [manner.padEnd(9), what.padEnd(34), ...[sent, sentBytes, came, cameBytes].map(n => String(n).padStart(9))].join(
      ' ',
    ),
  );
  const head = [''.padEnd(9), ''.padEnd(34), ...['sent', 'bytes', 'came', 'bytes'].map(word => word.padStart(9))];
  return [head.join(' '), ...rows].join('\n');
}

const order: readonly Manner[] = ['called', 'answered', 'name', 'link'];
const PCAP_HEAD = 24;
const RECORD_HEAD = 16;
const ETHERNET_HEAD = 14;

/** pcap of QEMU: little-endian, a header of 16 bytes before each frame. */
function* framesOf(pcap: Buffer): Generator<Buffer> {
  if (pcap.readUInt32LE(0) !== 0xa1b2c3d4) throw new Error('not a pcap file of this machine');
  for (let at = PCAP_HEAD; at + RECORD_HEAD <= pcap.length; ) {
    const length = pcap.readUInt32LE(at + 8);
    at += RECORD_HEAD;
    // Of the last one, when the plug was pulled, only a part may be there.
    if (at + length <= pcap.length) yield pcap.subarray(at, at + length);
    at += length;
  }
}

type Seen = Pick<Traffic, 'what' | 'manner'> & { readonly bytes: number };

/** `begun`: for both ends of a connection, whether the machine began it. */
function read(frame: Buffer, isSent: boolean, begun: Map<string, boolean>): Seen {
  const type = frame.readUInt16BE(12);
  const bytes = frame.length;
  if (type === 0x0806) return { what: 'arp', manner: 'link', bytes };
  if (type === 0x86dd) return ipv6(frame.subarray(ETHERNET_HEAD), bytes);
  if (type !== 0x0800) return { what: `ethernet type ${type.toString(16)}`, manner: 'link', bytes };
  const packet = frame.subarray(ETHERNET_HEAD, ETHERNET_HEAD + frame.readUInt16BE(ETHERNET_HEAD + 2));
  const segment = packet.subarray(((packet[0] ?? 0) & 0xf) * 4);
  const ends = [ipText(packet, 12), ipText(packet, 16)] as const;
  const peer = isSent ? ends[1] : ends[0];
  const protocol = packet[9] ?? 0;
  if (protocol === 2) return { what: `igmp ${peer}`, manner: 'link', bytes };
  if (protocol === 1) return { what: `icmp ${peer}`, manner: 'link', bytes };
  if (protocol !== 6 && protocol !== 17) return { what: `ip protocol ${protocol} ${peer}`, manner: 'called', bytes };
  const ports = [segment.readUInt16BE(0), segment.readUInt16BE(2)] as const;
  const [own, other] = isSent ? ports : [ports[1], ports[0]];
  if (protocol === 17) return udp(peer, own, other, segment.length - 8);
  const key = `${own} ${peer} ${other}`;
  const flags = segment[13] ?? 0;
  if ((flags & 0x12) === 0x02) begun.set(key, isSent);
  const payload = segment.length - ((segment[12] ?? 0) >> 4) * 4;
  if (begun.get(key) ?? true) {
    return { what: `tcp ${peer}:${other}`, manner: other === 53 ? 'name' : 'called', bytes: payload };
  }
  return { what: `from ${peer} to tcp ${own}`, manner: 'answered', bytes: payload };
}

function udp(peer: string, own: number, other: number, bytes: number): Seen {
  if (own === 68 && other === 67) return { what: 'dhcp', manner: 'link', bytes };
  if (other === 53) return { what: `dns ${peer}`, manner: 'name', bytes };
  return { what: `udp ${peer}:${other}`, manner: 'called', bytes };
}

/** Without a router for it nothing of IPv6 leaves the segment. */
function ipv6(packet: Buffer, bytes: number): Seen {
  const to = packet.toString('hex', 24, 40);
  const isOnLink = to.startsWith('ff02') || to.startsWith('fe80');
  return { what: `ipv6 ${to.replaceAll(/(....)(?!$)/g, '$1:')}`, manner: isOnLink ? 'link' : 'called', bytes };
}

function ipText(bytes: Buffer, at: number): string {
  return [...bytes.subarray(at, at + 4)].join('.');
}
