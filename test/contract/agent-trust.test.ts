import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ClientIdentity } from '../../agent/controller/tls.ts';
import { clockOff, connectAgent, failureOf, quickPatience } from '../support/agent-client.ts';
import { createNamesakes, createTestPki, type TestPki } from '../support/test-pki.ts';
import { startTlsServer, type TlsServer } from '../support/tls-server.ts';

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
beforeAll(async () => {
  [pki, other] = await Promise.all([createTestPki('Controller CA'), createTestPki('Intercepting CA')]);
});

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map(close => close()));
});

async function serve(identity: ClientIdentity, options: Parameters<typeof startTlsServer>[2] = {}): Promise<TlsServer> {
  const server = await startTlsServer(
    identity,
    (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(META),
    options,
  );
  closing.push(server.close);
  return server;
}

function agent(server: TlsServer, more: Partial<Parameters<typeof connectAgent>[0]> = {}) {
  const controller = connectAgent({ urls: [server.url], cas: [pki.ca], ...more });
  closing.push(controller.close);
  return controller;
}

describe('a server is trusted by the pinned CA alone', () => {
  test('the Controller of the credentials is', async () => {
    const server = await serve(await pki.server());
    expect(await agent(server).meta('bootstrap')).toMatchObject({ clusterId: 'c1' });
  });

  test('it is so by address too', async () => {
    const server = await serve(await pki.server());
    const controller = agent(server, { urls: [`https://127.0.0.1:${server.port}`] });
    expect(await controller.meta('bootstrap')).toMatchObject({ clusterId: 'c1' });
  });

  test('another CA is refused, and its certificate named', async () => {
    const error = await failureOf(agent(await serve(await other.server())).meta('bootstrap'));
    expect(error).toMatchObject({ code: 'E_CONTROLLER_UNTRUSTED', check: 'issuer', retry: { class: 'wait' } });
    expect(error.seen).toMatch(/subject CN=localhost, issuer .*Intercepting CA, SHA-256 ([0-9A-F]{2}:){31}/);
  });

  test('another name is refused', async () => {
    const server = await serve(await pki.server({ name: 'elsewhere.example' }));
    expect(await failureOf(agent(server).meta('bootstrap'))).toMatchObject({
      code: 'E_CONTROLLER_UNTRUSTED',
      check: 'host',
      wanted: 'localhost',
    });
  });

  test('a client certificate of the right CA does not make a server', async () => {
    const server = await serve(await pki.client('urn:conjurer:node:n1'));
    expect(await failureOf(agent(server).meta('bootstrap'))).toMatchObject({ code: 'E_CONTROLLER_UNTRUSTED' });
  });

  test('CAs of one name are told apart by signature, whatever their order', async () => {
    const [first, second] = await createNamesakes();
    for (const identity of [first.server, second.server]) {
      const server = await serve(identity);
      for (const cas of [
        [first.ca, second.ca],
        [second.ca, first.ca],
      ]) {
        expect(await agent(server, { cas }).meta('bootstrap')).toMatchObject({ clusterId: 'c1' });
      }
      expect(await failureOf(agent(server).meta('bootstrap'))).toMatchObject({ code: 'E_CONTROLLER_UNTRUSTED' });
    }
  });
});

describe('dates', () => {
  test.each([
    ['expired', { fromDays: -30, toDays: -1 }],
    ['not yet valid', { fromDays: 1, toDays: 30 }],
  ])('only dates are wrong (%s): the clock is suspected, and the dates are named', async (_name, validity) => {
    const error = await failureOf(agent(await serve(await pki.server(validity))).meta('bootstrap'));
    expect(error).toMatchObject({ code: 'E_CLOCK_WRONG', check: 'tls', retry: { class: 'wait' } });
    expect(error.wanted).toMatch(/^a time from 2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ to 2/);
    expect(error.data.notAfter).toMatch(/Z$/);
  });

  test('an expired certificate of another CA is not blamed on the clock', async () => {
    const server = await serve(await other.server({ fromDays: -30, toDays: -1 }));
    expect(await failureOf(agent(server).meta('bootstrap'))).toMatchObject({ code: 'E_CONTROLLER_UNTRUSTED' });
  });

  test('an expired certificate for another name is not blamed on the clock', async () => {
    const server = await serve(await pki.server({ fromDays: -30, toDays: -1, name: 'elsewhere.example' }));
    expect(await failureOf(agent(server).meta('bootstrap'))).toMatchObject({ code: 'E_CONTROLLER_UNTRUSTED' });
  });

  test('the local time that is named is that of the machine', async () => {
    const server = await serve(await pki.server({ fromDays: -30, toDays: -1 }));
    const error = await failureOf(agent(server, { clock: clockOff(400 * 86_400_000) }).meta('bootstrap'));
    expect(error.seen).toContain(new Date(Date.now() + 400 * 86_400_000).toISOString().slice(0, 10));
  });
});

describe('layers', () => {
  test('TLS 1.2 is refused', async () => {
    const server = await serve(await pki.server(), { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
    const error = await failureOf(agent(server).meta('bootstrap'));
    expect(error).toMatchObject({ code: 'E_CONTROLLER_UNREACHABLE', check: 'tls', retry: { class: 'retry' } });
    expect(error.message).toContain('does not speak TLS 1.3');
  });

  test('a server that speaks plain HTTP is named at layer tls', async () => {
    const plain = createServer(socket => socket.end('HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n'));
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    closing.push(async () => plain.close());
    const url = `https://127.0.0.1:${(plain.address() as AddressInfo).port}`;
    const error = await failureOf(connectAgent({ urls: [url], cas: [pki.ca] }).meta('bootstrap'));
    expect(error).toMatchObject({ code: 'E_CONTROLLER_UNREACHABLE', check: 'tls' });
    expect(error.message).toContain('does not speak TLS');
  });

  test('a server that accepts and says nothing ends the TLS layer in time', async () => {
    const closed = Promise.withResolvers<void>();
    const silent = createServer(socket => {
      socket.on('error', () => {});
      socket.once('close', () => closed.resolve()).resume();
    });
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    closing.push(async () => silent.close());
    const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const controller = connectAgent({ urls: [url], cas: [pki.ca], patience: quickPatience });
    const error = await failureOf(controller.meta('bootstrap'));
    expect(error).toMatchObject({ code: 'E_CONTROLLER_UNREACHABLE', check: 'tls', data: { timedOut: true } });
    await closed.promise;
  });

  test('nobody listens: tcp, with the address', async () => {
    const server = await serve(await pki.server());
    await server.close();
    closing.length = 0;
    const error = await failureOf(agent(server).meta('bootstrap'));
    expect(error).toMatchObject({ code: 'E_CONTROLLER_UNREACHABLE', check: 'tcp', exitStatus: 69 });
    expect(error.seen).toContain('127.0.0.1: ECONNREFUSED');
  });

  test('no such name: name', async () => {
    const controller = connectAgent({ urls: ['https://controller.invalid'], cas: [pki.ca] });
    const error = await failureOf(controller.meta('bootstrap'));
    expect(error).toMatchObject({ code: 'E_CONTROLLER_UNREACHABLE', check: 'name' });
    expect(error.message).toContain('controller.invalid');
  });

  test('a server that drops an unwelcome client certificate is named at layer tls', async () => {
    const identity = await other.client('urn:conjurer:cluster:c1');
    const server = await serve(await pki.server(), { rejectUnauthorized: true, ca: pki.ca });
    const error = await failureOf(agent(server, { identity: () => identity }).meta('bootstrap'));
    expect(error).toMatchObject({ code: 'E_CONTROLLER_UNREACHABLE', check: 'tls' });
    expect(error.message).toContain('refuses our certificate');
  });

  test('no connection is left open by a failure', async () => {
    const server = await serve(await other.server());
    await failureOf(agent(server).meta('bootstrap'));
    await server.drained();
  });
});

describe('connections and identities', () => {
  test('a connection is kept alive, and closed when the identity changes', async () => {
    const seen: (string | undefined)[] = [];
    const sockets: Socket[] = [];
    const server = await startTlsServer(await pki.server(), (request, response) => {
      sockets.push(request.socket);
      seen.push((request.socket as TLSSocket).getPeerX509Certificate()?.subjectAltName);
      response.writeHead(200, { 'content-type': 'application/json' }).end(META);
    });
    closing.push(server.close);
    let identity = await pki.client('urn:conjurer:node:n1');
    const controller = agent(server, { identity: () => identity });
    await controller.meta('node');
    await controller.meta('node');
    expect(server.connections).toBe(1);
    identity = await pki.client('urn:conjurer:node:n2');
    await controller.meta('node');
    expect(sockets.map(({ readable }) => readable)).toEqual([false, false, true]);
    expect(server.connections).toBe(2);
    expect(seen).toEqual(['URI:urn:conjurer:node:n1', 'URI:urn:conjurer:node:n1', 'URI:urn:conjurer:node:n2']);
  });

  test('bootstrap and node never share a connection', async () => {
    const server = await serve(await pki.server());
    const identity = await pki.client('urn:conjurer:node:n1');
    const controller = agent(server, { identity: () => identity });
    await controller.meta('node');
    await controller.meta('bootstrap');
    expect(server.connections).toBe(2);
  });

  test('after close, a call opens a new connection', async () => {
    const server = await serve(await pki.server());
    const controller = agent(server);
    await controller.meta('node');
    await controller.close();
    await controller.meta('node');
    expect(server.connections).toBe(2);
  });

  test('the next address is taken after two failures, and kept', async () => {
    const server = await serve(await pki.server());
    const controller = agent(server, { urls: ['https://127.0.0.1:1', server.url] });
    for (let i = 0; i < 2; i++) expect((await failureOf(controller.meta('node'))).check).toBe('tcp');
    await controller.meta('node');
    await controller.meta('node');
  });

  test('an abort ends the call with its reason', async () => {
    const server = await startTlsServer(await pki.server(), () => stop.abort(new Error('Ctrl-C')));
    closing.push(server.close);
    const stop = new AbortController();
    await expect(agent(server, { signal: stop.signal }).meta('node')).rejects.toThrow('Ctrl-C');
    await server.drained();
  });
});
