import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Status } from '../../../agent/pipeline/status.ts';
import type { AdminClient } from '../../controller/admin/client.ts';
import { type RunningController, startController } from '../../controller/start.ts';
import { type ClusterFiles, type MachineOptions, type MachineTree, makeMachine } from '../../support/machine-tree.ts';
import { builtBinary } from '../build/binary.ts';

export type ClusterName = 'at-once' | 'by-hand';

/** A Controller with a cluster that approves at once and one whose registrations wait for a person, and machines. */
export interface Site {
  readonly controller: RunningController;
  readonly admin: AdminClient;
  readonly files: Readonly<Record<ClusterName, ClusterFiles>>;
  machine(
    edgeName: string,
    options?: Partial<MachineOptions> & { readonly cluster?: ClusterName },
  ): Promise<MachineTree>;
  /** A copy of a machine's disk; removed with the site. */
  clone(machine: MachineTree): Promise<MachineTree>;
  /** All registrations and nodes of this edge name. */
  known(edgeName: string): Promise<Known>;
  close(): Promise<void>;
}

export interface Known {
  readonly registrations: Awaited<ReturnType<AdminClient['registrations']>>;
  readonly nodes: Awaited<ReturnType<AdminClient['nodes']>>;
}

/** Scenarios share a processor that others may want too: what takes a second alone may take a minute among them. */
export const amongOthers = { timeout: 180_000 };

/** What a cluster of these tests is configured with. */
export const configuration = {
  handoff: { driver: 'systemd', operator: { name: 'k8s-mgmt-operator', version: '1.4.0' } },
  reporting: { heartbeatSeconds: 1 },
} as const;

export async function openSite(): Promise<Site> {
  const folder = await mkdtemp(path.join(tmpdir(), 'conjurer-site-'));
  const controller = await startController({ data: folder, settings: { retryAfterSeconds: 0 } });
  const { admin } = controller;
  const cluster = async (clusterId: ClusterName, autoApprove: boolean): Promise<ClusterFiles> => {
    const made = await admin.createCluster({ clusterId, autoApprove });
    await admin.setConfig(clusterId, configuration);
    return made;
  };
  const files = { 'at-once': await cluster('at-once', true), 'by-hand': await cluster('by-hand', false) };
  const machines: MachineTree[] = [];
  const kept = (machine: MachineTree) => {
    machines.push(machine);
    return machine;
  };
  return {
    controller,
    admin,
    files,
    machine: async (edgeName, { cluster: name = 'at-once', ...options } = {}) =>
      kept(await makeMachine(builtBinary(), { edgeName, files: files[name], ...options })),
    clone: async machine => kept(await machine.clone()),
    known: async edge => ({
      registrations: await admin.registrations({ edge }),
      nodes: await admin.nodes({ edge }),
    }),
    async close() {
      await Promise.all(machines.map(machine => machine.remove()));
      await controller.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The one element of a list that must have one. */
export function only<T>(list: readonly T[]): T {
  const [one, ...more] = list;
  if (one === undefined || more.length > 0) throw new Error(`${list.length} where one was expected`);
  return one;
}

/** status.json as soon as it is as wanted; it is written a moment after the event that it shows. */
export async function statusWhen(machine: MachineTree, wanted: (status: Status) => boolean): Promise<Status> {
  const text = () => machine.read('/run/conjurer/status.json');
  return eventually(async () => {
    const status = JSON.parse((await text()) ?? 'null') as Status | null;
    return status !== null && wanted(status) ? status : null;
  }, text);
}

/** Looks until there is something, for half a minute; `last` says what was there when there was nothing more to wait for. */
export async function eventually<T>(look: () => Promise<T | null>, last: () => Promise<unknown> | unknown): Promise<T> {
  const endMs = performance.now() + 30_000;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > endMs) throw new Error(`it did not come about; at last: ${JSON.stringify(await last())}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
