import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Cluster, openCluster } from '../kubernetes/operator/cluster.ts';
import { createTestPki } from '../support/test-pki.ts';
import { startTlsServer, type TlsServer } from '../support/tls-server.ts';

/** What the API server answers, by path; a path that is not here is not found. */
let answers: Record<string, unknown>;
let tokens: (string | undefined)[];
let account: string;
let server: TlsServer;
let cluster: Cluster;

const node = (name: string, ready: string) => ({
  metadata: { name },
  status: { conditions: [{ type: 'Ready', status: ready }] },
});
const daemonSet = (numberReady: number) => ({
  metadata: { generation: 1 },
  spec: { selector: {} },
  status: { observedGeneration: 1, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberReady },
});
const ingress = { name: 'ingress', workloads: [{ kind: 'DaemonSet', namespace: 'ingress', name: 'nginx' }] };
const INGRESS = '/apis/apps/v1/namespaces/ingress/daemonsets/nginx';

beforeEach(async () => {
  const pki = await createTestPki();
  account = await mkdtemp(path.join(tmpdir(), 'conjurer-account-'));
  await writeFile(path.join(account, 'ca.crt'), pki.ca);
  await writeFile(path.join(account, 'token'), 'first\n');
  tokens = [];
  answers = {
    '/version': { gitVersion: 'v1.20.2' },
    '/api/v1/nodes': { items: [node('a', 'True'), node('b', 'False')] },
    '/readyz': 'ok',
    [INGRESS]: daemonSet(2),
  };
  server = await startTlsServer(await pki.server(), (request, response) => {
    tokens.push(request.headers.authorization);
    const answer = answers[request.url ?? ''];
    response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? {}));
  });
  cluster = openCluster({ KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: `${server.port}` }, account);
});
afterEach(async () => {
  await cluster.close();
  await server.close();
  await rm(account, { recursive: true });
});

test('the operator reports version, nodes and addons as the API server has them', async () => {
  expect(await cluster.watch([ingress])).toEqual({
    cluster: { version: '1.20.2', nodesReady: 1, nodesTotal: 2, nodes: ['a', 'b'] },
    addons: [{ name: 'ingress', ready: true }],
  });
});

test('an addon that is not whole, or not there, is not ready', async () => {
  answers[INGRESS] = daemonSet(1);
  expect((await cluster.watch([ingress])).addons).toEqual([{ name: 'ingress', ready: false }]);
  delete answers[INGRESS];
  expect((await cluster.watch([ingress])).addons).toEqual([{ name: 'ingress', ready: false }]);
});

test('a token that the kubelet has replaced is the one that is shown', async () => {
  await cluster.isUp();
  await writeFile(path.join(account, 'token'), 'second\n');
  await cluster.isUp();
  expect(tokens).toEqual(['Bearer first', 'Bearer second']);
});

test('nothing is reported of an API server that does not say, and it is not up', async () => {
  delete answers['/api/v1/nodes'];
  delete answers['/readyz'];
  await expect(cluster.watch([])).rejects.toThrow('/api/v1/nodes: 404');
  expect(await cluster.isUp()).toBe(false);
});
