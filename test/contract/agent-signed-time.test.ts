import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { defaultPatience } from '../../agent/controller/patience.ts';
import { fetchSignedTime } from '../../agent/controller/signed-time.ts';
import { clockOff, failureOf } from '../support/agent-client.ts';
import { startProxy } from '../support/proxy.ts';
import { createConfigKey, createTestPki, type TestPki, type Validity } from '../support/test-pki.ts';
import { startTlsServer } from '../support/tls-server.ts';

const NOW = '2031-05-06T07:08:09Z';
const TYP = 'conjurer-time+jws';
const key = createConfigKey();

let pki: TestPki;
let other: TestPki;
beforeAll(async () => {
  [pki, other] = await Promise.all([createTestPki(), createTestPki('Intercepting CA')]);
});
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map(close => close()));
});

interface Serving extends Validity {
  readonly by?: TestPki;
  readonly name?: string;
  readonly sign?: (nonce: string) => string;
}

async function serve({ by = pki, sign, ...validity }: Serving = {}) {
  const requests: IncomingMessage[] = [];
  const certificates: boolean[] = [];
  const server = await startTlsServer(await by.server(validity), (request, response) => {
    requests.push(request);
    certificates.push((request.socket as TLSSocket).getPeerX509Certificate() !== undefined);
    const nonce = new URL(request.url ?? '', 'https://x').searchParams.get('nonce') ?? '';
    const jws = (sign ?? (sent => key.sign(TYP, { nonce: sent, now: NOW })))(nonce);
    response.writeHead(200, { 'content-type': 'application/jose' }).end(jws);
  });
  closing.push(server.close);
  const ask = (more: Partial<Parameters<typeof fetchSignedTime>[0]> = {}) =>
    fetchSignedTime({
      url: server.url,
      cas: [pki.ca],
      configKeys: [key.jwk],
      proxy: null,
      patience: defaultPatience,
      clock: clockOff(-40 * 365 * 86_400_000),
      ...more,
    });
  return { server, ask, requests, certificates };
}

test.each([
  ['expired', { fromDays: -30, toDays: -1 }],
  ['not yet valid', { fromDays: 1, toDays: 30 }],
])('the time comes from a Controller whose certificate is %s', async (_name, validity) => {
  const { ask, requests, certificates } = await serve(validity);
  expect(await ask()).toEqual(new Date(NOW));
  expect(requests.map(({ method }) => method)).toEqual(['GET']);
  expect(requests[0]?.url).toMatch(/^\/conjurer\/v1\/time\?nonce=[A-Za-z0-9_-]{32}$/);
  expect(certificates).toEqual([false]);
});

test('each question has a nonce of its own', async () => {
  const { ask, requests } = await serve();
  await ask();
  await ask();
  expect(new Set(requests.map(({ url }) => url)).size).toBe(2);
});

test('it goes through the proxy too', async () => {
  const proxy = await startProxy();
  closing.push(proxy.close);
  const { ask } = await serve({ fromDays: -30, toDays: -1 });
  const config = { http: '', https: `http://127.0.0.1:${proxy.port}`, noProxy: [], caPem: null };
  expect(await ask({ proxy: config })).toEqual(new Date(NOW));
  expect(proxy.asked).toHaveLength(1);
});

test.each([
  ['another CA', () => ({ by: other })],
  ['an expired one of another CA', () => ({ by: other, fromDays: -30, toDays: -1 })],
  ['another name', () => ({ name: 'elsewhere.example' })],
])('a certificate of %s is asked nothing', async (_name, serving) => {
  const { ask, requests, server } = await serve(serving());
  expect(await failureOf(ask())).toMatchObject({ code: 'E_CONTROLLER_UNTRUSTED', retry: { class: 'wait' } });
  expect(requests).toEqual([]);
  await server.drained();
});

test('a client certificate does not make a server', async () => {
  const server = await startTlsServer(await pki.client('urn:conjurer:node:n1'), () => {});
  closing.push(server.close);
  const { ask } = await serve();
  const error = await failureOf(ask({ url: server.url }));
  expect(error.code).toBe('E_CONTROLLER_UNTRUSTED');
});

test.each([
  ['another nonce', () => key.sign(TYP, { nonce: 'A'.repeat(32), now: NOW }), 'nonce'],
  ['another key', (nonce: string) => createConfigKey('key-1').sign(TYP, { nonce, now: NOW }), 'signature'],
  ['a key that is not pinned', (nonce: string) => createConfigKey('key-2').sign(TYP, { nonce, now: NOW }), 'kid'],
  [
    'a signature made for a configuration',
    (nonce: string) => key.sign('conjurer-config+jws', { nonce, now: NOW }),
    'typ',
  ],
  ['no time', (nonce: string) => key.sign(TYP, { nonce }), 'schema'],
  ['no JWS', () => 'hello', 'format'],
])('%s is refused', async (_name, sign, check) => {
  const { ask } = await serve({ sign });
  expect(await failureOf(ask())).toMatchObject({ code: 'E_CLOCK_WRONG', check, retry: { class: 'wait' } });
});

test('HTML is foreign', async () => {
  const server = await startTlsServer(await pki.server(), (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
  );
  closing.push(server.close);
  const { ask } = await serve();
  expect(await failureOf(ask({ url: server.url }))).toMatchObject({ code: 'E_ANSWER_FOREIGN' });
});
