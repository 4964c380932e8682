import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningController, startController } from '../controller/start.ts';
import { createRunner } from '../pipeline/enrolment-machine.ts';

let folder: string;
let controller: RunningController;
const clusterId = 'cluster-1';
const operator = (version: string) => ({
  handoff: { driver: 'systemd' as const, operator: { name: 'k8s-mgmt-operator', version } },
});

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'conjurer-superseded-'));
  controller = await startController({ data: folder });
});
afterAll(async () => {
  await controller.close();
  await rm(folder, { recursive: true });
});

test('a configuration that changes while the operator is waited for is the one that is handed off', async () => {
  const { admin } = controller;
  const inputs = await admin.createCluster({ clusterId, autoApprove: true });
  await admin.setConfig(clusterId, operator('1.0.0'));
  const machine = createRunner({
    edgeName: 'edge-1',
    inputs,
    ca: controller.ca,
    url: controller.url,
    // The operator is slow: it calls only once the new configuration is there.
    operatorCalls: async () => (await appliedBy('edge-1')).includes(2),
  });
  const handedOff = machine.run();
  await controller.recorded(({ path: called, status }) => called.endsWith('/handoff') && status === 202);
  await admin.setConfig(clusterId, operator('2.0.0'));
  await handedOff;

  const [node] = await admin.nodes({ edge: 'edge-1' });
  expect(node).toMatchObject({ state: 'ready', configGeneration: 2 });
  expect(await appliedBy('edge-1')).toEqual([1, 2]);
});

test('a node that is asked to leave while it waits for its operator says so, and ends', async () => {
  const { admin } = controller;
  const inputs = await admin.makeCredentials(clusterId);
  const machine = createRunner({
    edgeName: 'edge-2',
    inputs,
    ca: controller.ca,
    url: controller.url,
    operatorCalls: async () => false,
  });
  const handedOff = machine.run();
  const left = expect(handedOff).rejects.toMatchObject({ code: 'E_NODE_DECOMMISSIONED', exitStatus: 77 });
  await expect.poll(async () => (await admin.nodes({ edge: 'edge-2' }))[0]?.state, SLOW).toBe('provisioned');
  const nodes = await admin.nodes({ edge: 'edge-2' });
  await admin.action(nodes[0]?.nodeId ?? '', 'decommission');
  await left;
});

const SLOW = { timeout: 20_000 };

/** The generations that the node has told to be in force. */
async function appliedBy(edge: string): Promise<unknown[]> {
  const [node] = await controller.admin.nodes({ edge });
  const told = node === undefined ? [] : await controller.admin.events(node.nodeId);
  return told.map(({ event }) => event).flatMap(event => (event.code === 'config_applied' ? [event.generation] : []));
}
