import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFailed } from 'vitest';
import type { AdminClient } from '../controller/admin/client.ts';
import type { CredentialsPair } from '../controller/clusters.ts';
import type { ConfigInput } from '../controller/configuration.ts';
import type { RequestRecord } from '../controller/request-log.ts';
import { startController } from '../controller/start.ts';
import { imageFile, vmFolder } from './image.ts';
import { type Card, type Powered, powerOn } from './qemu.ts';
import { type NoCloudSeed, type OvfSeed, writeNoCloud, writeOvfEnvironment } from './seed.ts';
import type { Plug } from './station.ts';

/** Outside of the machines: a Controller with one cluster. A machine reaches it as `https://10.0.2.2:PORT`. */
export interface Site {
  readonly admin: AdminClient;
  readonly files: { readonly passphrase: string; readonly credentials: string };
  /** Every request of agents and operators, oldest first. */
  readonly records: readonly RequestRecord[];
  readonly port: number;
  /** The one node of this name, as soon as it is in this state. */
  nodeIn(edge: string, state: 'activated' | 'configured' | 'ready'): Promise<Node>;
  /** Looks again and again until there is something. */
  eventually<T>(look: () => Promise<T | null>): Promise<T>;
  machine(name: string, options?: MachineOptions): Promise<Machine>;
  close(): Promise<void>;
}

type Node = Awaited<ReturnType<AdminClient['nodes']>>[number];

export interface SiteOptions {
  readonly autoApprove: boolean;
  /** Names for the Controller in place of its address. */
  readonly hosts?: readonly string[];
  /** Of the cluster; default: the hand-off to the operator that is a unit. */
  readonly configuration?: ConfigInput;
}

const toUnit: ConfigInput = {
  handoff: { driver: 'systemd', operator: { name: 'k8s-mgmt-operator', version: '1.4.0' } },
  reporting: { heartbeatSeconds: 5 },
};

export interface MachineOptions {
  readonly clock?: Date;
  /** Its disk begins as this one is; default: the image. */
  readonly disk?: string;
  /** Default: 2048. */
  readonly memoryMiB?: number;
  /**
   * An address in 10.0.2.0/24 by which it reaches the Controller, and nothing else: the router drops all the rest. Every
   * frame of its cards is kept.
   */
  readonly secluded?: string;
  /** TCP ports of the machine that can be reached from this machine's own. */
  readonly forward?: readonly number[];
  /** A second card, on the segment of this station. */
  readonly station?: { readonly mac: string; readonly ports: Plug };
}

/** A machine that was made and can be switched on any number of times: its disk lasts, and so does its hardware. */
export interface Machine {
  readonly disk: string;
  readonly mac: string;
  /** Port of 127.0.0.1 that leads to this port of the machine. */
  outside(port: number): number;
  /** Files of frames (pcap), one for each card and power-on; none unless it is secluded. */
  captures(): readonly string[];
  /** What is in its drives at the next power-on. */
  insert(seed: NoCloudSeed | { readonly ovf: OvfSeed }): void;
  powerOn(): Promise<Powered>;
}

export async function openSite({
  autoApprove,
  hosts = ['10.0.2.2'],
  configuration = toUnit,
}: SiteOptions): Promise<Site> {
  const data = await mkdtemp(path.join(tmpdir(), 'conjurer-vm-'));
  const controller = await startController({ data, names: [...hosts], settings: { retryAfterSeconds: 0 } });
  const { admin } = controller;
  const port = Number(new URL(controller.url).port);
  const files: CredentialsPair = await admin.createCluster({
    clusterId: 'cluster-1',
    autoApprove,
    controllerUrls: hosts.map(host => `https://${host}:${port}`),
    lock: 'scrypt',
  });
  await admin.setConfig('cluster-1', configuration);
  const running = new Set<Powered>();
  const eventually: Site['eventually'] = async look => {
    for (;;) {
      const found = await look();
      if (found !== null) return found;
      await delay(250);
    }
  };
  return {
    admin,
    files,
    records: controller.records,
    port,
    eventually,
    nodeIn: (edge, state) =>
      eventually(async () => (await admin.nodes({ edge })).find(node => node.state === state) ?? null),
    machine: (name, options = {}) => makeMachine(name, options, { running, port }),
    async close() {
      await Promise.all([...running].map(powered => powered.cut()));
      await controller.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

async function makeMachine(
  name: string,
  { clock, disk: origin = imageFile, memoryMiB = 2048, secluded, forward = [], station }: MachineOptions,
  { running, port }: { running: Set<Powered>; port: number },
): Promise<Machine> {
  const folder = path.join(vmFolder, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const disk = path.join(folder, 'disk.qcow2');
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', origin, '-F', 'qcow2', disk]);
  const mac = randomMac();
  const forwards = new Map<number, number>();
  for (const port of forward) forwards.set(port, await freePort());
  const only = secluded === undefined ? null : { address: secluded, port };
  const captures: string[] = [];
  const capture = (card: string): string | null => {
    if (only === null) return null;
    const file = path.join(folder, `${card}-${boots}.pcap`);
    captures.push(file);
    return file;
  };
  const cards = (): Card[] => [
    { to: 'router', mac, forwards, only, capture: capture('router') },
    ...(station === undefined
      ? []
      : [{ to: 'station', mac: station.mac, station: station.ports, capture: capture('station') } as const]),
  ];
  const uuid = randomUUID();
  let seed: { iso: string; drive: 'disk' | 'cd' } | null = null;
  let boots = 0;
  return {
    disk,
    mac,
    outside: inside => forwards.get(inside) ?? 0,
    captures: () => captures,
    insert: inserted => {
      seed =
        'ovf' in inserted
          ? { iso: writeOvfEnvironment(folder, inserted.ovf), drive: 'cd' }
          : { iso: writeNoCloud(folder, inserted), drive: 'disk' };
    },
    async powerOn() {
      boots += 1;
      const log = path.join(folder, `console-${boots}.log`);
      const powered = await powerOn({ name, disk, uuid, memoryMiB, seed, cards: cards(), clock: clock ?? null, log });
      running.add(powered);
      void powered.off.then(() => running.delete(powered));
      onTestFailed(
        () => void process.stderr.write(`${name}, boot ${boots}, its console: ${log}\n${lastOf(powered)}\n`),
      );
      return powered;
    },
  };
}

function lastOf(powered: Powered): string {
  return powered.console().split('\n').slice(-60).join('\n');
}

function randomMac(): string {
  const bytes = [...randomUUID().replaceAll('-', '').slice(0, 6)].join('').match(/../g) ?? [];
  return ['52', '54', '00', ...bytes].join(':');
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise(resolve => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
