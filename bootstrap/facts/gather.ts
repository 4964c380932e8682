import { nodeDisk } from '../host/disk.ts';
import { createFiles } from '../host/files.ts';
import type { Host } from '../host/host.ts';
import { clock } from './clock.ts';
import { cloudInit } from './cloud-init.ts';
import { processors } from './cpu.ts';
import { disks } from './disks.ts';
import { dmi } from './dmi.ts';
import { dns } from './dns.ts';
import type { Facts } from './facts.ts';
import { image } from './image.ts';
import { machineId } from './machine-id.ts';
import { memory } from './memory.ts';
import { nics } from './nics.ts';
import { type Reading, readSource, type Source, type View } from './source.ts';
import { system } from './system.ts';
import { byText, hint } from './text.ts';
import { virtualization } from './virtualization.ts';

/** Every source of facts; together they fill the whole document. */
export const sources = {
  clock,
  cloudInit,
  disks,
  dmi,
  dns,
  image,
  machineId,
  memory,
  nics,
  processors,
  system,
  virtualization,
} as const;

/**
 * Reads what this machine is, all sources at once, each with a time limit of half a minute. A source that is absent, fails
 * or hangs costs its fields, which are then null or empty and named in `missing`. Changes nothing. Rejects only with the
 * reason of `signal`.
 */
export async function gatherFacts(host: Host, signal: AbortSignal): Promise<Facts> {
  signal.throwIfAborted();
  const view = await viewOf(host, signal);
  const read = <T>(source: Source<T>): Promise<Reading<T>> => readSource(source, view);
  const readings = await Promise.all([
    read(sources.clock),
    read(sources.cloudInit),
    read(sources.disks),
    read(sources.dmi),
    read(sources.dns),
    read(sources.image),
    read(sources.machineId),
    read(sources.memory),
    read(sources.nics),
    read(sources.processors),
    read(sources.system),
    read(sources.virtualization),
  ]);
  const [time, cloud, storage, board, names, made, id, ram, net, cpu, os, virt] = readings;
  const { release, zone, ...running } = os.value;
  return {
    schema: 'conjurer.facts/v1',
    identity: { ...id.value, ...board.value },
    virtualization: virt.value,
    cpu: cpu.value.cpu,
    memory: ram.value,
    ...storage.value,
    ...net.value,
    dns: names.value,
    ...running,
    os: { ...release, arch: cpu.value.arch },
    time: { zone, ...time.value },
    cloudInit: cloud.value,
    ...made.value,
    missing: readings
      .flatMap(reading => reading.missing)
      .sort((a, b) => byText(a.field, b.field) || byText(a.why, b.why)),
  };
}

/**
 * A tree with a /proc of its own is a system of its own. A tree without one is a disk that is
 * mounted, or made for a demo: then memory, interfaces, boot id and all else that only a kernel knows are those of the
 * machine that this process runs on.
 */
export async function viewOf(host: Host, signal: AbortSignal): Promise<View> {
  const own = host.root === '/' || ((await hint(host.files.list('/proc'))) ?? []).length > 0;
  return {
    host,
    disk: host.files,
    running: own ? host.files : createFiles(nodeDisk, '/'),
    live: host.root === '/' || !own,
    rootPath: own ? '/' : host.root,
    signal,
  };
}
