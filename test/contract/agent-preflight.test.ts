import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AdminClient } from '../controller/admin/client.ts';
import { type RunningController, startController } from '../controller/start.ts';
import { type ClusterFiles, type MachineTree, makeMachine } from '../support/machine-tree.ts';

const project = join(import.meta.dirname, '../..');
const little = 'MemTotal:         812340 kB\nSwapTotal:             0 kB\n';
const plenty = 'MemTotal:        8152340 kB\nSwapTotal:             0 kB\n';
const configuration = {
  handoff: { driver: 'systemd', operator: { name: 'k8s-mgmt-operator', version: '1.4.0' } },
  reporting: { heartbeatSeconds: 1 },
} as const;

let folder: string;
let conjurer: string;
let controller: RunningController;
let admin: AdminClient;
let files: Record<'at-once' | 'by-hand', ClusterFiles>;
const machines: MachineTree[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conjurer-preflight-'));
  conjurer = join(folder, 'conjurer');
  await writeFile(conjurer, `#!/bin/sh\nexec '${process.execPath}' '${join(project, 'agent/main.ts')}' "$@"\n`);
  await chmod(conjurer, 0o755);
  controller = await startController({ data: folder, settings: { retryAfterSeconds: 0 } });
  admin = controller.admin;
  const cluster = async (clusterId: string, autoApprove: boolean) => {
    const made = await admin.createCluster({ clusterId, autoApprove });
    await admin.setConfig(clusterId, configuration);
    return made;
  };
  files = { 'at-once': await cluster('at-once', true), 'by-hand': await cluster('by-hand', false) };
});
afterEach(async () => {
  await Promise.all(machines.splice(0).map(machine => machine.remove()));
});
afterAll(async () => {
  await controller.close();
  await rm(folder, { recursive: true, force: true });
});

async function machineWith(
  edgeName: string,
  memory: string,
  { cluster = 'at-once', config = {} }: { cluster?: keyof typeof files; config?: Record<string, unknown> } = {},
): Promise<MachineTree> {
  const machine = await makeMachine(conjurer, { edgeName, files: files[cluster], config });
  machines.push(machine);
  await writeFile(machine.at('/proc/meminfo'), memory);
  return machine;
}

async function registrationsOf(edge: string) {
  return admin.registrations({ edge });
}

async function eventsOf(edge: string) {
  const [node] = await admin.nodes({ edge });
  const events = await admin.events(node?.nodeId ?? 'none');
  return events.map(({ event }) => event).filter(({ code }) => /preflight/.test(`${code}`));
}

describe('a machine that preflight stops', { timeout: 180_000 }, () => {
  it('is known to the Controller with what failed, ends with 3, and goes on when it is mended', async () => {
    const machine = await machineWith('edge-stopped', little, { cluster: 'by-hand' });
    const stopped = await machine.run('run');
    expect(stopped).toMatchObject({ status: 3, stderr: expect.stringContaining('E_PREFLIGHT_FAILED') });
    expect(stopped.stdout + stopped.stderr).toContain('the Controller was told: alive, but preflight failed');

    const [{ request, state }] = (await registrationsOf('edge-stopped')) as [
      Awaited<ReturnType<typeof registrationsOf>>[number],
    ];
    expect(state).toBe('discovered');
    expect(request.preflight).toMatchObject({ schema: 'conjurer.preflight/v1', verdict: 'fail' });
    const failed = request.preflight?.checks.filter(({ status }) => status === 'fail');
    expect(failed).toEqual([expect.objectContaining({ id: 'memory', observed: '793 MiB' })]);

    expect(await machine.run('run')).toMatchObject({ status: 3 });
    expect(await registrationsOf('edge-stopped')).toHaveLength(1);
    expect(await admin.nodes({ edge: 'edge-stopped' })).toEqual([]);

    await writeFile(machine.at('/proc/meminfo'), plenty);
    expect(await machine.run('run', '--no-wait')).toMatchObject({ status: 20 });
    const [registration] = await registrationsOf('edge-stopped');
    await admin.approve(registration?.registrationId ?? '', registration?.keyFingerprint ?? '');
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    expect(await eventsOf('edge-stopped')).toEqual([
      expect.objectContaining({
        code: 'preflight_failed',
        level: 'error',
        message: 'alive, but preflight memory failed',
        data: { checks: [expect.objectContaining({ id: 'memory', observed: '793 MiB' })] },
      }),
      expect.objectContaining({ code: 'preflight_passed', level: 'info' }),
    ]);
  });

  it('gets no certificate by it, also where the Controller approves at once', async () => {
    const machine = await machineWith('edge-at-once', little);
    expect(await machine.run('run')).toMatchObject({ status: 3 });
    expect(await registrationsOf('edge-at-once')).toMatchObject([{ state: 'approved' }]);
    expect(await machine.read('/var/lib/conjurer/node.crt')).toBeNull();
    expect(await machine.run('run')).toMatchObject({ status: 3 });
    await writeFile(machine.at('/proc/meminfo'), plenty);
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    expect(await registrationsOf('edge-at-once')).toHaveLength(1);
  });

  it('ends with 3 too where no Controller can be reached, and where its credentials are wrong', async () => {
    const nowhere = { proxy: { https: 'http://127.0.0.1:1' } };
    const machine = await machineWith('edge-alone', little, { config: nowhere });
    const alone = await machine.run('run');
    expect(alone).toMatchObject({ status: 3 });
    expect(alone.stdout + alone.stderr).not.toContain('the Controller was told');
    await machine.putInput('passphrase', 'this is not the passphrase of it');
    expect(await machine.run('run')).toMatchObject({ status: 3 });
    expect(await registrationsOf('edge-alone')).toEqual([]);
  });
});

describe('a machine that is well', { timeout: 180_000 }, () => {
  it('registers with what was found of machine and network; as a node it tells what begins to fail, once', async () => {
    const machine = await machineWith('edge-well', plenty);
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    const [registration] = await registrationsOf('edge-well');
    const report = registration?.request.preflight;
    expect(report?.verdict).not.toBe('fail');
    const statuses = Object.fromEntries((report?.checks ?? []).map(({ id, status }) => [id, status]));
    expect(statuses).toMatchObject({
      memory: 'pass',
      'controller-tls': 'pass',
      'controller-mtls': 'pass',
      'image-controller-compat': 'pass',
      'proxy-bypass': 'skip',
    });
    expect(await eventsOf('edge-well')).toEqual([]);

    await writeFile(machine.at('/proc/meminfo'), little);
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    expect(await eventsOf('edge-well')).toEqual([
      expect.objectContaining({ level: 'warn', message: 'alive, but preflight memory failed' }),
    ]);
    await writeFile(machine.at('/proc/meminfo'), plenty);
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    expect((await eventsOf('edge-well')).map(({ code }) => code)).toEqual(['preflight_failed', 'preflight_passed']);
  });
});
