import type { RequestListener } from 'node:http';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { defaultPatience } from '../../agent/controller/patience.ts';
import { checkController, type ReachabilityOptions } from '../../agent/controller/reachability.ts';
import type { ClientIdentity } from '../../agent/controller/tls.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import { CheckResult } from '../../bootstrap/preflight/check.ts';
import { clockOff, quickPatience, realClock } from '../support/agent-client.ts';
import { startProxy } from '../support/proxy.ts';
import { createTestPki, type TestPki } from '../support/test-pki.ts';
import { startTlsServer, type TlsServer } from '../support/tls-server.ts';

const IDS = [
  'controller-name',
  'controller-address',
  'controller-tcp',
  'controller-proxy',
  'controller-tls',
  'controller-mtls',
  'controller-http',
  'image-controller-compat',
  'time-skew',
] as const;
const META = JSON.stringify({
  controllerVersion: '1.3.0',
  apiVersions: ['v1'],
  minImage: null,
  blockedImages: [],
  clusterId: 'c1',
  longPollMaxSeconds: 50,
  autoApprove: false,
  time: '2026-01-31T08:00:00Z',
});

let pki: TestPki;
let other: TestPki;
let identity: ClientIdentity;
beforeAll(async () => {
  [pki, other] = await Promise.all([createTestPki(), createTestPki('Corporate Inspection CA')]);
  identity = await pki.client('urn:conjurer:cluster:c1');
});
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map(close => close()));
});

const answering: RequestListener = (_request, response) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(META);

function problem(status: number, code: string, kind: string): RequestListener {
  const body = { type: 'urn:x', title: 't', status, detail: '', code, class: kind, retryAfter: null, requestId: 'r' };
  return (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
}

async function serve(respond = answering, by = pki, options: Parameters<typeof startTlsServer>[2] = {}) {
  const server = await startTlsServer(await by.server(), respond, options);
  closing.push(server.close);
  return server;
}

async function check(server: Pick<TlsServer, 'url'>, more: Partial<ReachabilityOptions> = {}) {
  const results = await checkController({
    urls: [server.url],
    cas: [pki.ca],
    identity,
    image: null,
    proxy: null,
    patience: defaultPatience,
    clock: realClock,
    ...more,
  });
  expect(results.map(({ id }) => id)).toEqual(IDS);
  for (const result of results) expect(CheckResult.parse(result)).toEqual(result);
  const of = (id: (typeof IDS)[number]) => results[IDS.indexOf(id)];
  const layers = results.filter(({ id }) => id !== 'image-controller-compat');
  return { of, statuses: layers.map(({ status }) => status).join(' ') };
}

test('all layers of a Controller that is well', async () => {
  const { of, statuses } = await check(await serve());
  expect(statuses).toBe('pass pass pass skip pass pass pass pass');
  expect(of('controller-name')?.observed).toMatch(/^localhost: .*127\.0\.0\.1/);
  expect(of('controller-tls')?.observed).toMatch(/^TLSv1\.3, CN=localhost, issued by .*Test Root/);
  expect(of('controller-http')?.observed).toBe('Controller 1.3.0, cluster c1');
  expect(of('controller-tls')?.fix).toBeNull();
});

test('a name that does not resolve: all above is skipped, with the reason', async () => {
  const { of, statuses } = await check({ url: 'https://controller.invalid' });
  expect(statuses).toBe('fail skip skip skip skip skip skip skip');
  expect(of('controller-name')?.fix).toContain('getent hosts controller.invalid');
  expect(of('controller-http')?.observed).toBe('not tried, since controller-name failed');
});

test('an image that is newer than the Controller fails by itself, and holds nothing up', async () => {
  const image = { name: 'clusterimage-r-v2.0.0', version: '2.0.0', buildId: 'b7', minControllerVersion: '2.0.0' };
  const { of, statuses } = await check(await serve(), { image });
  expect(of('image-controller-compat')).toMatchObject({ status: 'fail', required: 'Controller 2.0.0 or newer' });
  expect(of('image-controller-compat')?.fix).toContain('upgrade the Controller to 2.0.0');
  expect(statuses).toBe('pass pass pass skip pass pass pass pass');
  const fitting = await check(await serve(), { image: { ...image, minControllerVersion: '1.0.0' } });
  expect(fitting.of('image-controller-compat')?.observed).toBe('Controller 1.3.0, image 2.0.0');
});

test('nobody listens', async () => {
  const { of, statuses } = await check({ url: 'https://127.0.0.1:1' });
  expect(statuses).toBe('pass pass fail skip skip skip skip skip');
  expect(of('controller-tcp')?.observed).toContain('127.0.0.1: ECONNREFUSED');
});

test('an interception is named by its issuer', async () => {
  const { of, statuses } = await check(await serve(answering, other));
  expect(statuses).toBe('pass pass pass skip fail skip skip skip');
  expect(of('controller-tls')?.observed).toContain('Corporate Inspection CA');
  expect(of('controller-tls')?.fix).toContain('pass the proxy unopened');
});

test('a clock that is off by years', async () => {
  const { of, statuses } = await check(await serve(), { clock: clockOff(10 * 365 * 86_400_000) });
  // OpenSSL goes by the system's clock, which is right here; the difference shows against the Controller's Date.
  expect(statuses).toBe('pass pass pass skip pass pass pass fail');
  expect(of('time-skew')?.observed).toMatch(/^3153\d{5} s ahead of the Controller$/);
});

test.each([
  [0, 'pass'],
  [-30_000, 'warn'],
  [30_000, 'warn'],
  [-90_000, 'fail'],
])('a clock off by %d ms: %s', async (ms, status) => {
  expect((await check(await serve(), { clock: clockOff(ms) })).of('time-skew')?.status).toBe(status);
});

test('something that ends TLS and drops the certificate', async () => {
  const { of, statuses } = await check(await serve(problem(401, 'client_cert_missing', 'terminal')));
  expect(statuses).toBe('pass pass pass skip pass fail skip skip');
  expect(of('controller-mtls')?.observed).toContain('client_cert_missing');
});

test('a certificate refused in the handshake', async () => {
  const strict = await serve(answering, pki, { rejectUnauthorized: true, ca: other.ca });
  const { of, statuses } = await check(strict);
  expect(statuses).toBe('pass pass pass skip pass fail skip skip');
  expect(of('controller-mtls')?.observed).toContain('refuses our certificate');
});

test('revoked credentials', async () => {
  const { of } = await check(await serve(problem(403, 'bootstrap_revoked', 'wait')));
  expect(of('controller-mtls')).toMatchObject({ status: 'fail' });
  expect(of('controller-mtls')?.fix).toContain('download new credentials');
});

test('without a certificate to show yet, that it is missed is fine', async () => {
  const missed = await serve(problem(401, 'client_cert_missing', 'terminal'));
  expect((await check(missed, { identity: null })).statuses).toBe('pass pass pass skip pass skip pass pass');
});

test('a web page instead of the protocol', async () => {
  const { of, statuses } = await check(
    await serve((_request, response) =>
      response.writeHead(502, { 'content-type': 'text/html' }).end('<title>Bad gateway</title>'),
    ),
  );
  expect(statuses).toBe('pass pass pass skip pass error fail skip');
  expect(of('controller-http')?.observed).toContain('a page titled "Bad gateway"');
});

test('a Controller under maintenance is reached', async () => {
  const { statuses } = await check(await serve(problem(503, 'maintenance', 'retry')));
  expect(statuses).toBe('pass pass pass skip pass pass warn pass');
});

test('a server that accepts and then stalls', async () => {
  const { statuses } = await check(await serve(() => {}), { patience: quickPatience });
  expect(statuses).toBe('pass pass pass skip pass fail skip skip');
});

test('through a proxy, and through one that says no', async () => {
  const server = await serve();
  const open = await startProxy();
  const closed = await startProxy({ user: 'u', password: 'p' });
  closing.push(open.close, closed.close);
  const by = (port: number) => ({ http: '', https: `http://u:secret@127.0.0.1:${port}`, noProxy: [], caPem: null });
  const good = await check(server, { proxy: by(open.port) });
  expect(good.statuses).toBe('pass pass pass pass pass pass pass pass');
  expect(good.of('controller-name')?.observed).toBe('127.0.0.1: 127.0.0.1');
  const bad = await check(server, { proxy: by(closed.port) });
  expect(bad.statuses).toBe('pass pass pass fail skip skip skip skip');
  expect(bad.of('controller-proxy')?.observed).toContain('HTTP 407');
  expect(JSON.stringify(IDS.map(bad.of))).not.toContain('secret');
});

test('of several addresses, the first that is well', async () => {
  const server = await serve();
  const { statuses } = await check(server, { urls: ['https://127.0.0.1:1', server.url] });
  expect(statuses).toBe('pass pass pass skip pass pass pass pass');
});

test('an abort is no finding: its reason is thrown', async () => {
  const stop = new AbortController();
  const reason = new AgentError('E_INTERRUPTED', 'Ctrl-C');
  const server = await serve(() => stop.abort(reason));
  await expect(check(server, { signal: stop.signal })).rejects.toBe(reason);
});

test('no connection is left open', async () => {
  const server = await serve();
  await check(server);
  await server.drained();
});
