import type { RequestListener } from 'node:http';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { defaultPatience } from '../../agent/controller/patience.ts';
import { askRegistry } from '../../agent/controller/registry.ts';
import { localHost } from '../../bootstrap/host/local-host.ts';
import { startProxy } from '../support/proxy.ts';
import { createTestPki, type TestPki } from '../support/test-pki.ts';
import { startTlsServer } from '../support/tls-server.ts';

const { clock } = localHost({ root: '/' });
const direct = { proxy: null, clock, patience: defaultPatience };
const { signal } = new AbortController();

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki('Registry Root');
});
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map(close => close()));
});

async function registryThat(respond: RequestListener) {
  const server = await startTlsServer(await pki.server(), respond, { requestCert: false, minVersion: 'TLSv1.2' });
  closing.push(server.close);
  const host = `localhost:${server.port}`;
  return { host, cas: [pki.ca], verifies: true };
}

const status =
  (code: number): RequestListener =>
  (request, response) =>
    response.writeHead(request.url === '/v2/' ? code : 404).end();

test.each([200, 401])('a registry that answers %s is well', async code => {
  const registry = await registryThat(status(code));
  expect(await askRegistry(registry, direct, signal)).toEqual({ observed: `${registry.host} answers`, problem: null });
});

test('another answer, another CA, and nobody at all are told apart', async () => {
  const page = await registryThat(status(302));
  expect((await askRegistry(page, direct, signal)).problem).toBe('HTTP 302 is not what a registry answers');
  const good = await registryThat(status(200));
  expect((await askRegistry({ ...good, cas: [] }, direct, signal)).problem).toMatch(/SELF_SIGNED|UNABLE_TO/);
  expect((await askRegistry({ ...good, cas: [], verifies: false }, direct, signal)).problem).toBeNull();
  expect((await askRegistry({ ...good, host: '127.0.0.1:1' }, direct, signal)).problem).toContain('ECONNREFUSED');
  expect((await askRegistry({ ...good, host: 'not a host' }, direct, signal)).problem).toContain('no host name');
});

test('it is asked through the proxy in force, and what the proxy says is told', async () => {
  const registry = await registryThat(status(401));
  const proxy = await startProxy();
  closing.push(proxy.close);
  const through = (port: number) => ({
    ...direct,
    proxy: { http: '', https: `http://127.0.0.1:${port}`, noProxy: [], caPem: null },
  });
  expect((await askRegistry(registry, through(proxy.port), signal)).problem).toBeNull();
  expect(proxy.asked).toEqual([registry.host]);
  const refusing = await startProxy({ refuse: { status: 403 } });
  closing.push(refusing.close);
  expect((await askRegistry(registry, through(refusing.port), signal)).problem).toContain('403');
});
