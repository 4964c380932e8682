import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProxy, type TestProxy } from '../support/proxy.ts';
import { createTestPki, type TestPki } from '../support/test-pki.ts';
import { startTlsServer, type TlsServer } from '../support/tls-server.ts';

const run = promisify(execFile);
const program = join(import.meta.dirname, '../support/meta-once.ts');

let directory: string;
let pki: TestPki;
let intercepting: TlsServer;
let genuine: TlsServer;
let proxy: TestProxy;
const caFile = () => join(directory, 'controller-ca.pem');
const interceptingCa = () => join(directory, 'intercepting-ca.pem');

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'conjurer-environment-'));
  const other = await createTestPki('Intercepting CA');
  pki = await createTestPki();
  await writeFile(caFile(), pki.ca);
  await writeFile(interceptingCa(), other.ca);
  const respond = (_request: unknown, response: ServerResponse) =>
    void response.writeHead(503, { 'content-type': 'text/html' }).end();
  intercepting = await startTlsServer(await other.server(), respond);
  genuine = await startTlsServer(await pki.server(), respond);
  proxy = await startProxy({ refuse: { status: 403 } });
});
afterAll(async () => {
  await Promise.all([intercepting.close(), genuine.close(), proxy.close()]);
  await rm(directory, { recursive: true });
});

async function outcome(server: TlsServer, env: Record<string, string>): Promise<string> {
  const { stdout } = await run(process.execPath, [program, server.url, caFile()], { env });
  return stdout.trim();
}

test.each([
  ['nothing', () => ({})],
  ['NODE_TLS_REJECT_UNAUTHORIZED=0', () => ({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })],
  ['NODE_EXTRA_CA_CERTS with the CA of the interception', () => ({ NODE_EXTRA_CA_CERTS: interceptingCa() })],
  ['SSL_CERT_FILE with it', () => ({ SSL_CERT_FILE: interceptingCa(), NODE_OPTIONS: '--use-openssl-ca' })],
  ['NODE_OPTIONS that lower TLS', () => ({ NODE_OPTIONS: '--tls-min-v1.0' })],
])('%s in the environment does not make an interception trusted', async (_name, env) => {
  expect(await outcome(intercepting, env())).toBe('E_CONTROLLER_UNTRUSTED');
});

test('a proxy in the environment is not used', async () => {
  const url = `http://127.0.0.1:${proxy.port}`;
  const names = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY'];
  const env = { ...Object.fromEntries(names.map(name => [name, url])), NODE_USE_ENV_PROXY: '1' };
  expect(await outcome(genuine, env)).toBe('E_ANSWER_FOREIGN');
  expect(proxy.asked).toEqual([]);
});
