import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { connectProbe, type Probe } from './probe.ts';
import type { Plug } from './station.ts';

export interface Hardware {
  readonly name: string;
  /** The qcow2 that it boots from and writes to. */
  readonly disk: string;
  /** The machine's own, in SMBIOS: two machines never have the same. */
  readonly uuid: string;
  readonly memoryMiB: number;
  /** Seen as a further disk (NoCloud), or in the CD drive (OVF environment). */
  readonly seed: { readonly iso: string; readonly drive: 'disk' | 'cd' } | null;
  /** The first one is the way out: QEMU's own router, by which the machine reaches this one as 10.0.2.2. */
  readonly cards: readonly Card[];
  /** What the hardware clock says at power-on, UTC; null: the time. */
  readonly clock: Date | null;
  /** Takes all that the serial console says. */
  readonly log: string;
}

export type Card =
  | ({
      readonly to: 'router';
      /** TCP ports of the machine → ports of 127.0.0.1 that lead there. */
      readonly forwards: ReadonlyMap<number, number>;
      /** The one address and port that it lets the machine reach, which lead to that port of this one; null: all are. */
      readonly only: { readonly address: string; readonly port: number } | null;
    } & Wired)
  | ({ readonly to: 'station'; readonly station: Plug } & Wired);

interface Wired {
  readonly mac: string;
  /** Takes every frame of this card, as pcap; null: none is kept. */
  readonly capture: string | null;
}

/** A machine that is switched on. */
export interface Powered {
  /** All that its serial console has said since it was switched on. */
  console(): string;
  /** Resolves as soon as the console has said it; rejects when the machine ends without. */
  said(text: RegExp): Promise<RegExpExecArray>;
  readonly probe: Probe;
  /** The plug is pulled. */
  cut(): Promise<void>;
  /** Resolves when it has switched itself off. */
  readonly off: Promise<void>;
}

/** Switches it on. Without hardware virtualization, which a test machine seldom has: a boot takes a minute and more. */
export async function powerOn(hardware: Hardware): Promise<Powered> {
  const socket = `${hardware.log}.probe`;
  const child = spawn('qemu-system-x86_64', commandLine(hardware, socket), { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(hardware.log);
  let said = '';
  let problem = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    log.write(text);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    problem += text;
  });
  const ended = Promise.race([
    once(child, 'close').then(([status]) => `QEMU ended with ${status}. ${problem}`),
    once(child, 'error').then(([error]) => `QEMU did not start: ${error}`),
  ]).then(how => {
    log.end();
    alive.delete(child);
    return how;
  });
  alive.add(child);
  return {
    console: () => said,
    said: text => untilSaid(child, () => said, ended, text),
    probe: await connectProbe(socket, ended),
    cut: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    off: ended.then(() => undefined),
  };
}

const relay = path.join(import.meta.dirname, 'relay.mjs');

const alive = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

function untilSaid(
  child: ChildProcess,
  said: () => string,
  ended: Promise<string>,
  text: RegExp,
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const found = text.exec(said());
      if (found === null) return;
      child.stdout?.off('data', look);
      resolve(found);
    };
    child.stdout?.on('data', look);
    look();
    void ended.then(how => reject(new Error(`the console never said ${text}: ${how}`)));
  });
}

function commandLine({ name, disk, uuid, memoryMiB, seed, cards, clock }: Hardware, socket: string): string[] {
  const drive = (file: string, rest: string) => ['-drive', `file=${file},${rest}`];
  return [
    ...['-name', name, '-uuid', uuid, '-no-reboot', '-nodefaults', '-display', 'none', '-vga', 'std'],
    ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', String(memoryMiB)],
    ...['-serial', 'stdio', '-device', 'virtio-rng-pci'],
    ...drive(disk, 'if=virtio,format=qcow2,discard=unmap'),
    ...(seed?.drive === 'disk' ? drive(seed.iso, 'if=virtio,format=raw,readonly=on') : []),
    ...(seed?.drive === 'cd' ? drive(seed.iso, 'media=cdrom,if=ide,readonly=on') : []),
    ...cards.flatMap(network),
    ...(clock === null ? [] : ['-rtc', `base=${clock.toISOString().slice(0, 19)}`]),
    ...['-device', 'virtio-serial-pci', '-chardev', `socket,id=probe,path=${socket},server=on,wait=off`],
    ...['-device', 'virtserialport,chardev=probe,name=org.conjurer.probe'],
  ];
}

function network(card: Card, index: number): string[] {
  return [
    ...['-netdev', card.to === 'router' ? router(card, index) : wire(card, index)],
    ...['-device', `virtio-net-pci,netdev=net${index},mac=${card.mac}`],
    ...(card.capture === null
      ? []
      : ['-object', `filter-dump,id=capture${index},netdev=net${index},file=${card.capture}`]),
  ];
}

/** Its name server is an address where nobody answers, so that no machine depends on what lies outside of the test. */
function router({ forwards, only }: Extract<Card, { to: 'router' }>, index: number): string {
  const ports = [...forwards].map(([inside, outside]) => `,hostfwd=tcp:127.0.0.1:${outside}-:${inside}`);
  const restricted =
    only === null
      ? ''
      : `,restrict=on,guestfwd=tcp:${only.address}:${only.port}-cmd:${process.execPath} ${relay} ${only.port}`;
  return `user,id=net${index},ipv6=off,dns=10.0.2.9${restricted}${ports.join('')}`;
}

/** Each frame is a datagram. */
function wire({ station }: Extract<Card, { to: 'station' }>, index: number): string {
  return `socket,id=net${index},udp=127.0.0.1:${station.send},localaddr=127.0.0.1:${station.receive}`;
}
