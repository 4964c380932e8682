import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { paths } from '../../agent/config/paths.ts';
import { type RunningController, startController } from '../controller/start.ts';
import { createRunner } from '../pipeline/enrolment-machine.ts';

let folder: string;
let controller: RunningController;
let inputs: { passphrase: string; credentials: string };

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'conjurer-copy-'));
  controller = await startController({ data: folder });
  inputs = await controller.admin.createCluster({ clusterId: 'cluster-1', autoApprove: true });
  await controller.admin.setConfig('cluster-1', {
    handoff: { driver: 'systemd', operator: { name: 'k8s-mgmt-operator', version: '1.0.0' } },
  });
});
afterAll(async () => {
  await controller.close();
  await rm(folder, { recursive: true });
});

test('an enrolled disk on other hardware: wants a name of its own, sets the identity aside, says whose copy it is', async () => {
  const { admin } = controller;
  const machine = createRunner({ edgeName: 'edge-original', inputs, ca: controller.ca, url: controller.url });
  await machine.put('/etc/machine-id', `${'a'.repeat(32)}\n`, 0o444);
  await machine.run();
  const [original] = await admin.nodes({ edge: 'edge-original' });
  const key = machine.listing()[paths.nodeKey];

  await machine.put('/etc/machine-id', `${'b'.repeat(32)}\n`, 0o444);
  await expect(machine.run()).rejects.toMatchObject({
    code: 'E_CLONED',
    message: expect.stringContaining('edge-original'),
  });
  expect(machine.listing()[paths.nodeKey]).toBe(key);
  // Said before the network is touched or asked: what configures it often names the original's network card.
  expect(machine.listing()[paths.status]).toMatch(/"name": "preflight",\s*"state": "failed"/);

  await machine.put(paths.passphrase, inputs.passphrase, 0o400);
  await machine.put(paths.credentials, inputs.credentials, 0o400);
  await machine.run('edge-copy');
  const [copy] = await admin.nodes({ edge: 'edge-copy' });
  expect(copy?.state).toBe('ready');
  expect(copy?.nodeId).not.toBe(original?.nodeId);
  expect(machine.listing()[paths.nodeKey]).not.toBe(key);
  expect(Object.values(machine.listing())).toContain(key);
  const told = (await admin.events(copy?.nodeId ?? '')).map(({ event }) => event);
  expect(told.filter(({ code }) => code === 'cloned_from')).toMatchObject([
    { level: 'warn', data: { edgeName: 'edge-original', nodeId: original?.nodeId } },
  ]);
  expect((await admin.nodes({ edge: 'edge-original' }))[0]).toMatchObject({ state: 'ready', suspicions: [] });

  await machine.run('edge-copy');
  expect((await admin.events(copy?.nodeId ?? '')).filter(({ event }) => event.code === 'cloned_from')).toHaveLength(1);
});
