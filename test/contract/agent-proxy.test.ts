import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { defaultPatience } from '../../agent/controller/patience.ts';
import type { ProxyConfig } from '../../agent/controller/proxy.ts';
import { connectAgent, failureOf, quickPatience } from '../support/agent-client.ts';
import { type ProxyOptions, startProxy, type TestProxy } from '../support/proxy.ts';
import { createTestPki, type TestPki } from '../support/test-pki.ts';
import { startTlsServer, type TlsServer } from '../support/tls-server.ts';

let pki: TestPki;
let proxyPki: TestPki;
let server: TlsServer;
beforeAll(async () => {
  [pki, proxyPki] = await Promise.all([createTestPki(), createTestPki('Proxy CA')]);
});

const closing: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  server = await startTlsServer(await pki.server(), (_request, response) =>
    response.writeHead(503, { 'content-type': 'text/html' }).end(),
  );
  closing.push(server.close);
});
afterEach(async () => {
  await Promise.all(closing.splice(0).map(close => close()));
});

async function proxy(options: ProxyOptions = {}): Promise<TestProxy> {
  const started = await startProxy(options);
  closing.push(started.close);
  return started;
}

function through(https: string, more: Partial<ProxyConfig> = {}, patience = defaultPatience) {
  const config = { http: '', https, noProxy: [], caPem: null, ...more };
  const controller = connectAgent({ urls: [server.url], cas: [pki.ca], proxy: config, patience });
  closing.push(controller.close);
  return controller.meta('bootstrap');
}

/** The server answers HTML, which shows that the request has reached it. */
const REACHED = { code: 'E_ANSWER_FOREIGN', data: { status: 503 } };

test('without user', async () => {
  const { port, asked } = await proxy();
  expect(await failureOf(through(`http://127.0.0.1:${port}`))).toMatchObject(REACHED);
  expect(asked).toEqual([`localhost:${server.port}`]);
});

test('with user and password from the URL, decoded', async () => {
  const { port } = await proxy({ user: 'edge@site', password: 'p:ä%/w' });
  const user = encodeURIComponent('edge@site');
  const password = encodeURIComponent('p:ä%/w');
  expect(await failureOf(through(`http://${user}:${password}@127.0.0.1:${port}`))).toMatchObject(REACHED);
});

test('with a wrong password: proxy, and the secret is nowhere', async () => {
  const { port } = await proxy({ user: 'u', password: 'right' });
  const error = await failureOf(through(`http://u:wrong-secret@127.0.0.1:${port}`));
  expect(error).toMatchObject({ code: 'E_CONTROLLER_UNREACHABLE', check: 'proxy', seen: 'HTTP 407' });
  expect(error.message).toContain('refuses the user and password');
  const cause = error.cause instanceof Error ? `${error.cause.message} ${error.cause.stack}` : '';
  const encoded = Buffer.from('u:wrong-secret').toString('base64');
  const all = `${error.stack} ${cause} ${JSON.stringify(error)}`;
  expect(all).not.toContain('wrong-secret');
  expect(all).not.toContain(encoded);
});

test('without the password it wants', async () => {
  const { port } = await proxy({ user: 'u', password: 'p' });
  const error = await failureOf(through(`http://127.0.0.1:${port}`));
  expect(error).toMatchObject({ check: 'proxy', next: 'correct user and password in proxy.https' });
  expect(error.message).toContain('wants a user and a password');
});

test('forbidden, and its Retry-After counts as not authenticated', async () => {
  const { port } = await proxy({ refuse: { status: 403, headers: ['Retry-After: 86400'], body: '<html>no</html>' } });
  const error = await failureOf(through(`http://127.0.0.1:${port}`));
  expect(error).toMatchObject({ check: 'proxy', seen: 'HTTP 403', data: { status: 403 } });
  expect(error.retry).toEqual({ class: 'retry', retryAfterSeconds: 86400, authenticated: false });
});

test('a proxy that never answers ends in time', async () => {
  const { port } = await proxy({ silent: true });
  const error = await failureOf(through(`http://127.0.0.1:${port}`, {}, quickPatience));
  expect(error).toMatchObject({ code: 'E_CONTROLLER_UNREACHABLE', check: 'proxy', data: { timedOut: true } });
});

test('a proxy that is not there: tcp', async () => {
  expect(await failureOf(through('http://127.0.0.1:1'))).toMatchObject({ check: 'tcp' });
});

test('by https with its own CA', async () => {
  const { port, asked } = await proxy({ identity: await proxyPki.server() });
  expect(await failureOf(through(`https://localhost:${port}`, { caPem: proxyPki.ca }))).toMatchObject(REACHED);
  expect(asked).toHaveLength(1);
});

test.each([
  ['the CA of the Controller', () => pki.ca],
  ['no CA of its own', () => null],
])('by https, %s does not vouch for it', async (_name, caPem) => {
  const { port, asked } = await proxy({ identity: await proxyPki.server() });
  const error = await failureOf(through(`https://localhost:${port}`, { caPem: caPem() }));
  expect(error).toMatchObject({ code: 'E_CONTROLLER_UNREACHABLE', check: 'proxy' });
  expect(asked).toEqual([]);
});

test('the CA of the proxy does not vouch for the Controller', async () => {
  const { port } = await proxy({ identity: await proxyPki.server() });
  const controller = connectAgent({
    urls: [server.url],
    cas: [proxyPki.ca],
    proxy: { http: '', https: `https://localhost:${port}`, noProxy: [], caPem: proxyPki.ca },
  });
  expect(await failureOf(controller.meta('bootstrap'))).toMatchObject({ code: 'E_CONTROLLER_UNTRUSTED' });
});

test('a host in noProxy is called directly', async () => {
  const { port, asked } = await proxy();
  const direct = through(`http://127.0.0.1:${port}`, { noProxy: ['localhost'] });
  expect(await failureOf(direct)).toMatchObject(REACHED);
  expect(asked).toEqual([]);
});

test('an address of a proxy that is none is a wrong configuration', async () => {
  expect(await failureOf(through('socks5://u:secret@proxy'))).toMatchObject({
    code: 'E_CONFIG_INVALID',
    seen: 'socks5:',
  });
});
