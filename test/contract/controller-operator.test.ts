import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newP256Key } from '../controller/pki/keys.ts';
import { type Lab, type LabNode, openLab } from '../support/lab.ts';
import { keyPem, makeCsr } from '../support/raw-agent.ts';

const MAIN = path.resolve(import.meta.dirname, '../operator/main.ts');
const HANDOFF = '/etc/k8s-mgmt-operator/handoff.json';

let lab: Lab;
let root: string;
let node: LabNode;
beforeEach(async () => {
  lab = await openLab({}, { autoApprove: true });
  root = await mkdtemp(path.join(tmpdir(), 'conjurer-operator-'));
  node = await lab.activate();
  await writeIdentity();
  await writeHandoff({});
});
afterEach(async () => {
  await lab.close();
  await rm(root, { recursive: true, force: true });
});

async function put(file: string, content: string): Promise<void> {
  const target = path.join(root, file);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(`${target}.new`, content, { mode: 0o600 });
  await rename(`${target}.new`, target);
}

async function writeIdentity(): Promise<void> {
  const key = newP256Key();
  const issued = await node.client.send('POST', `/nodes/${node.nodeId}/operator/certificate`, {
    headers: { 'conjurer-join-state': node.joinState },
    body: { csr: await makeCsr(key, lab.clusterId, 'operator') },
  });
  await put('/var/lib/operator/key.pem', keyPem(key));
  await put('/var/lib/operator/cert.pem', issued.json.chain);
  await put('/var/lib/operator/ca.pem', lab.controller.ca);
}

const writeHandoff = (changes: Record<string, unknown>) =>
  put(
    HANDOFF,
    JSON.stringify({
      schema: 'conjurer.handoff/v1',
      nodeId: node.nodeId,
      clusterId: lab.clusterId,
      edgeName: 'edge-001',
      controllerUrls: [lab.controller.url],
      identity: { key: '/var/lib/operator/key.pem', certificate: '/var/lib/operator/cert.pem' },
      ca: '/var/lib/operator/ca.pem',
      heartbeatSeconds: 0.05,
      configGeneration: 1,
      operator: { name: 'operator', version: '1.0.0' },
      ...changes,
    }),
  );

/** The operator as its unit starts it, with its lines as they come. */
function startOperator() {
  const child = spawn(process.execPath, [MAIN, '--handoff', HANDOFF, '--root', root, '--node-name', 'host-1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {},
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    said: async (pattern: RegExp): Promise<string> => {
      for (let next = await lines.next(); !next.done; next = await lines.next()) {
        if (pattern.test(next.value)) return next.value;
      }
      throw new Error(`the operator ended and never said ${pattern}`);
    },
    end: async (): Promise<number | null> => {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
      return child.exitCode;
    },
  };
}

describe('the reference operator', () => {
  test('calls in with its own certificate, follows its files, ends on SIGTERM', async () => {
    const operator = startOperator();
    await operator.said(/^taking over: edge-001, node node-/);
    await operator.said(/^heartbeat taken by https:/);
    const record = await lab.controller.recorded(({ role }) => role === 'operator');
    expect(record).toMatchObject({
      method: 'POST',
      path: `/conjurer/v1/operators/${node.nodeId}/heartbeat`,
      status: 202,
    });
    expect((await lab.controller.admin.node(node.nodeId)).operator?.cluster.nodes).toEqual(['host-1']);
    await writeIdentity();
    await operator.said(/^files changed: /);
    await operator.said(/^heartbeat taken/);
    expect(await operator.end()).toBe(0);
  });

  test('goes on when an address is down, when it is refused, and without a document', async () => {
    await writeHandoff({ controllerUrls: ['https://127.0.0.1:1', lab.controller.url] });
    const operator = startOperator();
    await operator.said(/^heartbeat did not reach https:\/\/127\.0\.0\.1:1: /);
    await operator.said(/^heartbeat taken/);
    await lab.controller.admin.ban(node.nodeId);
    expect(await operator.said(/^heartbeat refused/)).toContain('403');
    await lab.controller.admin.unban(node.nodeId);
    await operator.said(/^heartbeat taken/);
    await put(HANDOFF, '{');
    await operator.said(/^no hand-off document to go by: /);
    expect(await operator.end()).toBe(0);
  });
});
