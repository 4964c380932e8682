import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { arpReply, type DnsQuestion, dnsAnswer, readFrame, type Segment, synOf } from './frames.ts';

/**
 * Another station on the network segment of machines' cards, and the switch between them. QEMU brings each Ethernet frame as
 * a datagram, so what is seen here is what is on the wire, not what some program says of it.
 */
export interface Station {
  /** For the card of one machine. */
  plug(): Promise<Plug>;
  /**
   * Sends a connection request to each port and gives what came back. `refused`: the machine answered that it is closed.
   * `from`: one of its addresses, else the first.
   */
  knock(mac: string, address: string, ports: readonly number[], from?: string): Promise<Record<number, Answer>>;
  /** What the machine has asked this station's name server. */
  readonly asked: ReadonlySet<string>;
  close(): void;
}

/** UDP ports of 127.0.0.1: where QEMU sends the frames of a card to, and where it takes those for it. */
export interface Plug {
  readonly send: number;
  readonly receive: number;
}

export type Answer = 'open' | 'refused' | 'silence';

export interface StationOptions {
  /** Addresses that it answers for; connection requests come from the first. */
  readonly addresses: readonly [string, ...string[]];
  /** What its name server knows, on each of its addresses. */
  readonly names: Readonly<Record<string, string>>;
}

export const stationMac = '52:54:00:5a:00:01';
/** A request that stays without answer is sent this often, and so many ms apart: the machine is slow. */
const attempts = 4;
const apartMs = 1500;

export async function openStation({ addresses, names }: StationOptions): Promise<Station> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const plugs = new Set<number>();
  /** Behind which plug a card is, as its own frames have shown. */
  const cards = new Map<string, number>();
  const send = (frame: Buffer, except?: number) => {
    const known = cards.get(frame.toString('hex', 0, 6));
    const to = known === undefined ? [...plugs] : [known];
    for (const plug of to) if (plug !== except) socket.send(frame, plug, '127.0.0.1');
  };
  const answers = new Map<number, Answer>();
  /** Of the requests of the knock under way: the machine repeats its answers to older ones. */
  const fromPorts = new Set<number>();
  let lastPort = 20_000;
  const asked = new Set<string>();
  socket.on('message', (frame, { port }) => {
    cards.set(frame.toString('hex', 6, 12), port);
    const isOwn = frame.toString('hex', 0, 6) === stationMac.replaceAll(':', '');
    if (!isOwn) send(frame, port);
    const isForAll = ((frame[0] ?? 0) & 1) === 1;
    const seen = isOwn || isForAll ? readFrame(frame) : null;
    if (seen?.kind === 'arp' && addresses.includes(seen.wanted)) send(arpReply(seen, stationMac));
    if (seen?.kind === 'dns' && addresses.includes(seen.to)) {
      asked.add(seen.question.name);
      send(dnsAnswer(seen as DnsQuestion, stationMac, names[seen.question.name] ?? null));
    }
    if (seen?.kind === 'tcp' && fromPorts.has(seen.toPort)) note(seen, answers);
  });
  return {
    async plug() {
      const receive = await freeUdpPort();
      plugs.add(receive);
      return { send: socket.address().port, receive };
    },
    asked,
    async knock(mac, address, ports, from = addresses[0]) {
      answers.clear();
      fromPorts.clear();
      for (let attempt = 0; attempt < attempts && answers.size < ports.length; attempt += 1) {
        for (const port of ports.filter(one => !answers.has(one))) {
          lastPort += 1;
          fromPorts.add(lastPort);
          send(synOf({ from, fromPort: lastPort, fromMac: stationMac, to: address, toMac: mac, port }));
        }
        await delay(apartMs);
      }
      return Object.fromEntries(ports.map(port => [port, answers.get(port) ?? 'silence']));
    },
    close: () => socket.close(),
  };
}

function note({ port, flags }: Segment, answers: Map<number, Answer>): void {
  if (flags.syn && flags.ack) answers.set(port, 'open');
  else if (flags.rst) answers.set(port, 'refused');
}

async function freeUdpPort(): Promise<number> {
  const probe: Socket = createSocket('udp4');
  probe.bind(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  return port;
}
