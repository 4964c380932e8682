import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningController, startController } from '../../controller/start.ts';
import { type ClusterFiles, type MachineTree, makeMachine } from '../../support/machine-tree.ts';
import { builtBinary } from '../build/binary.ts';
import { amongOthers, configuration, only, openSite, type Site, statusWhen } from './site.ts';

/** A Controller of this test alone, that is taken away and comes back at the same address with the same data. */
let folder = '';
let controller: RunningController | null = null;
let port = 0;
let files: ClusterFiles;
let machines: MachineTree[] = [];

async function comeUp(): Promise<RunningController> {
  const settings = { retryAfterSeconds: 0 };
  controller = await startController({ data: folder, listen: { host: '127.0.0.1', port }, settings });
  port = Number(new URL(controller.url).port);
  return controller;
}

async function goDown(): Promise<void> {
  await controller?.close();
  controller = null;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'conjurer-away-'));
  const { admin } = await comeUp();
  files = await admin.createCluster({ clusterId: 'cluster-1' });
  await admin.setConfig('cluster-1', configuration);
});
afterEach(async () => {
  await Promise.all(machines.map(machine => machine.remove()));
  machines = [];
});
afterAll(async () => {
  await goDown();
  await rm(folder, { recursive: true });
});

async function machineNamed(edgeName: string): Promise<MachineTree> {
  const machine = await makeMachine(builtBinary(), { edgeName, files });
  machines.push(machine);
  return machine;
}

async function approveOnly(edge: string): Promise<void> {
  const admin = controller?.admin;
  const { registrationId, keyFingerprint } = only((await admin?.registrations({ edge })) ?? []);
  await admin?.approve(registrationId, keyFingerprint);
}

describe('a Controller that is down', () => {
  it('is asked again until it is up, also in the middle of waiting for approval; then all goes on by itself', async () => {
    await goDown();
    const machine = await machineNamed('edge-away');
    const run = machine.start('run');
    await run.said('E_CONTROLLER_UNREACHABLE, again in');
    expect((await machine.run('status')).stdout).toMatch(
      /connectivity +running for \d+ s: .*E_CONTROLLER_UNREACHABLE, again in/,
    );
    await comeUp();
    await run.said('waiting for approval');
    await goDown();
    await run.said('ask for the decision: E_CONTROLLER_UNREACHABLE, again in');
    const { admin } = await comeUp();
    await approveOnly('edge-away');
    expect((await run.ended).status).toBe(0);
    expect(await admin.registrations({ edge: 'edge-away' })).toHaveLength(1);
    expect(await admin.nodes({ edge: 'edge-away' })).toMatchObject([{ state: 'ready', suspicions: [] }]);
  });

  it('ends a run with --deadline 3 with 69, which names the layer; the next run goes on', async () => {
    await goDown();
    const machine = await machineNamed('edge-deadline');
    const { status, stderr } = await machine.run('run', '--deadline', '3');
    expect(status).toBe(69);
    expect(stderr).toContain('error E_CONTROLLER_UNREACHABLE');
    expect(stderr).toMatch(/^ +check +tcp$/m);
    expect(stderr).toMatch(
      /What to do next\n {2}check that the Controller runs and that firewalls let TCP port \d+ pass/,
    );
    expect(await statusWhen(machine, ({ exitStatus }) => exitStatus !== null)).toMatchObject({
      state: 'failed',
      exitStatus: 69,
      lastError: { code: 'E_CONTROLLER_UNREACHABLE', check: 'tcp' },
    });
    const preflight = await machine.run('preflight', '--json');
    const { checks } = JSON.parse(preflight.stdout) as { checks: { id: string; status: string }[] };
    expect(preflight.status).toBe(3);
    expect(checks.filter(check => check.status === 'fail').map(({ id }) => id)).toEqual(['controller-tcp']);
    await comeUp();
    expect((await machine.run('run', '--no-wait')).status).toBe(20);
  });
});

describe.concurrent('a Controller whose answers get lost', amongOthers, () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite();
  });
  afterAll(() => site.close());

  it('after it has done what was asked: one registration, one node, nothing suspected', async () => {
    const machine = await site.machine('edge-lost', { cluster: 'by-hand' });
    const lost = [
      '/registrations$',
      '/registrations/[^/]+$',
      '/certificate$',
      '/activation$',
      '/facts$',
      '/config',
      '/events$',
      '/handoff$',
    ];
    for (const target of lost) await site.admin.fault({ kind: 'lost-answer', path: target, count: 1 });
    const run = machine.start('run');
    await run.said('waiting for approval');
    const { registrationId, keyFingerprint } = only((await site.known('edge-lost')).registrations);
    await site.admin.approve(registrationId, keyFingerprint);
    expect((await run.ended).status).toBe(0);
    expect(await site.admin.faults()).toEqual([]);
    const { registrations, nodes } = await site.known('edge-lost');
    expect({ registrations, nodes }).toMatchObject({
      registrations: [{}],
      nodes: [{ state: 'ready', suspicions: [] }],
    });
    const codes = (await site.admin.events(only(nodes).nodeId)).map(({ event }) => event.code);
    expect(codes).toEqual(['config_applied', 'handoff_done']);
  });
});

describe('a Controller that shows a certificate of somebody else', () => {
  it('is told nothing; the technician is named, and it goes on when the right one is back', async () => {
    const { admin, records } = controller ?? (await comeUp());
    const machine = await machineNamed('edge-untrusted');
    await admin.fault({ kind: 'foreign-server-certificate' });
    const heardBefore = records.length;
    const run = machine.start('run');
    await run.said('waiting for');
    const { waiting } = await statusWhen(machine, ({ state }) => state === 'waiting');
    expect(waiting).toMatchObject({
      who: 'technician',
      what: expect.stringContaining('is not the Controller of these credentials'),
    });
    expect(records.slice(heardBefore)).toEqual([]);
    await goDown();
    await comeUp();
    await run.said('waiting for approval');
    await approveOnly('edge-untrusted');
    expect((await run.ended).status).toBe(0);
  });
});
