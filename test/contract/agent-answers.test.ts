import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Controller } from '../../agent/controller/controller.ts';
import { connectAgent, failureOf } from '../support/agent-client.ts';
import { createTestPki, type TestPki } from '../support/test-pki.ts';
import { startTlsServer, type TlsServer } from '../support/tls-server.ts';

const META = {
  controllerVersion: '1.3.0',
  apiVersions: ['v1'],
  minImage: null,
  blockedImages: [],
  clusterId: 'c1',
  longPollMaxSeconds: 50,
  autoApprove: false,
  time: '2026-01-31T08:00:00Z',
};
const REGISTRATION = {
  registrationId: 'r1',
  state: 'discovered',
  keyFingerprint: 'SHA256:abc',
  claimCode: 'ABCD-EFGH',
  expiresAt: null,
  joinState: 'state.1',
};
const CHAIN = { chain: 'PEM', renewAfter: '2026-05-31T08:00:00Z', notAfter: '2026-07-31T08:00:00Z' };

let pki: TestPki;
let server: TlsServer;
let controller: Controller;
let respond: (request: IncomingMessage, response: ServerResponse, body: string) => void;
beforeAll(async () => {
  pki = await createTestPki();
});
beforeEach(async () => {
  server = await startTlsServer(await pki.server(), async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    respond(request, response, Buffer.concat(chunks).toString());
  });
  controller = connectAgent({ urls: [server.url], cas: [pki.ca] });
});
afterEach(async () => {
  await controller.close();
  await server.close();
});

function answer(status: number, type: string | null, body: string | Buffer, headers: Record<string, string> = {}) {
  respond = (_request, response) => {
    response.writeHead(status, { ...(type === null ? {} : { 'content-type': type }), ...headers }).end(body);
  };
}

function problem(status: number, fields: Record<string, unknown>, headers: Record<string, string> = {}) {
  const body = { type: 'urn:x', title: 't', status, detail: '', retryAfter: null, requestId: 'req-1', ...fields };
  answer(status, 'application/problem+json', JSON.stringify(body), headers);
}

const meta = () => failureOf(controller.meta('bootstrap'));
const FOREIGN = { code: 'E_ANSWER_FOREIGN', exitStatus: 69, retry: { class: 'retry', authenticated: false } };

describe('what is not of the protocol is retried, whatever its status', () => {
  test.each([200, 401, 403, 404, 410, 502, 504])('HTML with status %d', async status => {
    answer(status, 'text/html; charset=utf-8', '<html><title>Hotel\u001b[31m  Wi-Fi</title></html>', {
      'retry-after': '7',
    });
    const error = await meta();
    expect(error).toMatchObject({ ...FOREIGN, data: { status } });
    expect(error.seen).toContain(`HTTP ${status}, text/html, a page titled "Hotel?[31m Wi-Fi"`);
    expect(error.retry?.retryAfterSeconds).toBe(status === 200 ? null : 7);
  });

  test.each([301, 302, 303, 307, 308])('a redirect (%d) is not followed', async status => {
    let requests = 0;
    respond = (_request, response) => {
      requests++;
      response.writeHead(status, { location: `https://user:secret@portal.example/login?token=x` }).end();
    };
    const error = await meta();
    expect(error).toMatchObject({ ...FOREIGN, data: { status } });
    expect(error.seen).toContain('to portal.example');
    expect(`${error.message} ${error.seen}`).not.toMatch(/secret|token/);
    expect(requests).toBe(1);
  });

  test.each([
    ['JSON that is no problem', 'application/json', '{"error":"no"}'],
    ['a problem without class', 'application/problem+json', '{"code":"internal"}'],
    ['a problem that is not JSON', 'application/problem+json', '<html>'],
    ['nothing at all', null, ''],
  ])('an error answer of %s', async (_name, type, body) => {
    answer(403, type, body);
    expect(await meta()).toMatchObject(FOREIGN);
  });

  test.each([
    ['no content type', null],
    ['text/plain', 'text/plain'],
    ['problem+json', 'application/problem+json'],
    ['JSON of another kind', 'application/vnd.api+json'],
  ])('a success with %s', async (_name, type) => {
    answer(200, type, JSON.stringify(META));
    expect(await meta()).toMatchObject(FOREIGN);
  });

  test('a success with a charset is of the protocol', async () => {
    answer(200, 'Application/JSON; charset=utf-8', JSON.stringify(META));
    expect(await controller.meta('bootstrap')).toEqual(META);
  });

  test.each([
    ['a key is missing', { clusterId: undefined }, 'clusterId is missing'],
    ['a key is of another type', { longPollMaxSeconds: '50' }, 'longPollMaxSeconds is a text of 2 characters'],
    ['a list holds something else', { apiVersions: ['v1', 7] }, 'apiVersions.1 is a number'],
  ])('%s: named, without its content', async (_name, change, seen) => {
    answer(200, 'application/json', JSON.stringify({ ...META, ...change }));
    expect(await meta()).toMatchObject({ ...FOREIGN, seen });
  });

  test('unknown fields are ignored', async () => {
    answer(200, 'application/json', JSON.stringify({ ...META, later: true }));
    expect(await controller.meta('bootstrap')).toEqual(META);
  });

  test('a join state that does not fit is not shown', async () => {
    answer(201, 'application/json', JSON.stringify({ ...REGISTRATION, joinState: 'secret state' }));
    const error = await failureOf(controller.register('c1', '{}', 'key'));
    expect(error.seen).toBe('joinState is a text of 12 characters');
    expect(JSON.stringify([error.message, error.seen, error.wanted, error.data])).not.toContain('secret');
  });
});

describe('bodies', () => {
  test('cut by content-length', async () => {
    respond = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
      response.write('{"controllerVersion":', () => response.destroy());
    };
    expect(await meta()).toMatchObject({ ...FOREIGN, message: 'the answer was cut off' });
  });

  test('cut in chunks', async () => {
    respond = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"controllerVersion":', () => response.destroy());
    };
    expect(await meta()).toMatchObject({ ...FOREIGN, message: 'the answer was cut off' });
  });

  test('a lost answer is unreachable, not foreign', async () => {
    respond = (_request, response) => response.destroy();
    expect(await meta()).toMatchObject({ code: 'E_CONTROLLER_UNREACHABLE', check: 'http', retry: { class: 'retry' } });
  });

  test('an answer that never begins ends by the limit of headers', async () => {
    respond = () => {};
    const error = await meta();
    expect(error).toMatchObject({ code: 'E_CONTROLLER_UNREACHABLE', check: 'http', data: { timedOut: true } });
    expect(error.message).toContain('no answer began within 1 s');
  });

  test('an answer that stalls ends by the limit of the call', async () => {
    respond = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{');
    };
    const error = await meta();
    expect(error).toMatchObject({ code: 'E_CONTROLLER_UNREACHABLE', check: 'http', data: { timedOut: true } });
    expect(error.message).toContain('not finished within 3 s');
    await server.drained();
  });

  test('an answer that drips ends by the limit of the call too', async () => {
    respond = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 50);
      response.once('close', () => clearInterval(timer));
    };
    expect((await meta()).message).toContain('not finished within 3 s');
  });

  test('gzip is unpacked', async () => {
    answer(200, 'application/json', gzipSync(JSON.stringify(META)), { 'content-encoding': 'gzip' });
    expect(await controller.meta('bootstrap')).toEqual(META);
  });

  test('only gzip is asked for', async () => {
    const seen: unknown[] = [];
    respond = (request, response) => {
      seen.push(request.headers['accept-encoding']);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(META));
    };
    await controller.meta('bootstrap');
    expect(seen).toEqual(['gzip']);
  });

  test('a gzip bomb is stopped', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(100_000);
    answer(200, 'application/json', bomb, { 'content-encoding': 'gzip' });
    expect(await meta()).toMatchObject({ ...FOREIGN, seen: 'more than 1048576 bytes' });
  });

  test.each([
    ['damaged gzip', 'gzip', Buffer.from('not gzip')],
    ['cut gzip', 'gzip', gzipSync(JSON.stringify(META)).subarray(0, 40)],
    ['another packing', 'br', Buffer.from('x')],
  ])('%s', async (_name, encoding, body) => {
    answer(200, 'application/json', body, { 'content-encoding': encoding });
    expect(await meta()).toMatchObject(FOREIGN);
  });

  test('exactly 1 MiB is read, one byte more is not', async () => {
    const body = JSON.stringify(META);
    answer(200, 'application/json', body.padEnd(1024 * 1024));
    expect(await controller.meta('bootstrap')).toEqual(META);
    answer(200, 'application/json', body.padEnd(1024 * 1024 + 1));
    expect(await meta()).toMatchObject({ ...FOREIGN, seen: 'more than 1048576 bytes' });
  });

  test('a body without end is stopped at the limit', async () => {
    let sent = 0;
    respond = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const chunk = Buffer.alloc(64 * 1024, 32);
      const send = () => {
        while (!response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', send);
        }
      };
      send();
    };
    expect(await meta()).toMatchObject({ ...FOREIGN, seen: 'more than 1048576 bytes' });
    await server.drained();
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  test('headers without end are stopped', async () => {
    respond = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'x-long': 'x'.repeat(100_000) }).end('{}');
    };
    expect(await meta()).toMatchObject({ ...FOREIGN, message: 'the answer is not HTTP' });
  });
});

describe('problems', () => {
  test('a known one has its code, class, exit status and what else it says', async () => {
    const held = { registrationId: 'r1', keyFingerprint: 'SHA256:abc', claimCode: 'ABCD-EFGH' };
    problem(409, { code: 'edge_name_conflict', class: 'wait', detail: 'edge-01 is taken', ...held });
    expect(await meta()).toMatchObject({
      code: 'E_EDGE_NAME_CONFLICT',
      exitStatus: 75,
      message: 'another machine has this edge name (edge-01 is taken)',
      retry: { class: 'wait', retryAfterSeconds: null, authenticated: true },
      data: { problem: 'edge_name_conflict', status: 409, requestId: 'req-1', ...held },
    });
  });

  test.each(['retry', 'wait', 'terminal'] as const)('an unknown one goes by its class %s', async kind => {
    problem(418, { code: 'teapot', class: kind, retryAfter: kind === 'retry' ? 3 : null });
    expect(await meta()).toMatchObject({
      code: 'E_PROBLEM_UNKNOWN',
      retry: { class: kind, retryAfterSeconds: kind === 'retry' ? 3 : null },
      data: { problem: 'teapot' },
    });
  });

  test.each(['passphrase_wrong', 'controller_untrusted', 'bug', 'constructor', '__proto__'])(
    'a name of our own (%s) is unknown from the wire',
    async code => {
      problem(403, { code, class: 'retry' });
      expect(await meta()).toMatchObject({ code: 'E_PROBLEM_UNKNOWN', retry: { class: 'retry' } });
    },
  );

  test('of a known one the table says the class, and the difference is kept', async () => {
    problem(403, { code: 'registration_denied', class: 'retry', retryAfter: 1 });
    expect(await meta()).toMatchObject({
      code: 'E_REGISTRATION_DENIED',
      retry: { class: 'terminal', retryAfterSeconds: null },
      data: { classOnWire: 'retry' },
    });
  });

  test.each([
    [{ retryAfter: 999_999 }, {}, 999_999],
    [{ retryAfter: null }, { 'retry-after': '30' }, 30],
    [{ retryAfter: null }, { 'retry-after': 'Wed, 21 Oct 2099 07:28:00 GMT' }, null],
    [{ retryAfter: null }, { 'retry-after': '-5' }, null],
    [{ retryAfter: null }, { 'retry-after': '99999999999999999999' }, null],
  ])('Retry-After %j %j is %j seconds', async (fields, headers, seconds) => {
    problem(503, { code: 'maintenance', class: 'retry', ...fields }, headers);
    expect((await meta()).retry).toEqual({ class: 'retry', retryAfterSeconds: seconds, authenticated: true });
  });

  test.each([-1, 1.5, 'soon', {}])('a retryAfter of %j is no problem of the protocol', async retryAfter => {
    problem(503, { code: 'maintenance', class: 'retry', retryAfter });
    expect(await meta()).toMatchObject(FOREIGN);
  });
});

describe('calls', () => {
  const STATE = 'join.state-1';
  const cases: [string, (to: Controller) => Promise<unknown>, string, Record<string, unknown>][] = [
    ['0', to => to.meta('node'), 'GET /conjurer/v1/meta', META],
    ['1', to => to.register('c1', '{"a":1}', 'KEY'), 'POST /conjurer/v1/clusters/c1/registrations', REGISTRATION],
    ['3', to => to.certificate('r1'), 'GET /conjurer/v1/registrations/r1/certificate', { nodeId: 'n1', ...CHAIN }],
    [
      '4',
      to => to.activate('n1', '{}', STATE),
      'PUT /conjurer/v1/nodes/n1/activation',
      { state: 'activated', configGeneration: 0, joinState: 's' },
    ],
    [
      '6',
      to => to.events('n1', '{}', STATE),
      'POST /conjurer/v1/nodes/n1/events',
      { ackSeq: 1, joinState: 's', configGeneration: 1, action: 'none' },
    ],
    ['9', to => to.renew('n1', 'CSR', STATE), 'POST /conjurer/v1/nodes/n1/certificates', CHAIN],
    ['13', to => to.operatorCertificate('n1', 'CSR', STATE), 'POST /conjurer/v1/nodes/n1/operator/certificate', CHAIN],
  ];

  test.each(cases)('call %s', async (number, call, line, result) => {
    let seen: { line: string; headers: IncomingMessage['headers']; body: string } | undefined;
    respond = (request, response, body) => {
      seen = { line: `${request.method} ${request.url}`, headers: request.headers, body };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
    };
    expect(await call(controller)).toEqual(result);
    expect(seen?.line).toBe(line);
    expect(seen?.headers['conjurer-join-state']).toBe(Number(number) < 4 ? undefined : STATE);
    expect(seen?.headers['idempotency-key']).toBe(number === '1' ? 'KEY' : undefined);
    expect(seen?.headers['content-type']).toBe(line.startsWith('GET') ? undefined : 'application/json');
    if (number === '1') expect(seen?.body).toBe('{"a":1}');
    if (number === '9' || number === '13') expect(seen?.body).toBe('{"csr":"CSR"}');
  });

  test('call 2 long-polls, tells changed from unchanged, and gives the hint', async () => {
    const seen: unknown[] = [];
    respond = (request, response) => {
      seen.push([request.headers.prefer, request.headers['if-none-match']]);
      if (request.headers['if-none-match'] !== undefined)
        return void response.writeHead(304, { 'retry-after': '1' }).end();
      response.writeHead(200, { 'content-type': 'application/json', etag: '"g1"' }).end(JSON.stringify(REGISTRATION));
    };
    const first = await controller.registration('r1', { etag: null, waitSeconds: 0 });
    expect(first).toEqual({ changed: true, registration: REGISTRATION, etag: '"g1"' });
    expect(await controller.registration('r1', { etag: '"g1"', waitSeconds: 2 })).toEqual({
      changed: false,
      retryAfterSeconds: 1,
    });
    expect(seen).toEqual([
      [undefined, undefined],
      ['wait=2', '"g1"'],
    ]);
  });

  test('the wait of a long-poll replaces both time limits', async () => {
    respond = (_request, response) => {
      setTimeout(() => response.writeHead(304).end(), 1500);
    };
    const poll = controller.registration('r1', { etag: '"g1"', waitSeconds: 2 });
    expect(await poll).toEqual({ changed: false, retryAfterSeconds: null });
  });

  test('a 304 to a call that did not ask for it is foreign', async () => {
    answer(304, null, '');
    expect(await meta()).toMatchObject(FOREIGN);
  });

  test('call 5 gives the JWS, or when to ask again', async () => {
    let seen: string | undefined;
    respond = (request, response) => {
      seen = request.url;
      response.writeHead(200, { 'content-type': 'application/jose' }).end('a.b.c\n');
    };
    expect(await controller.config('n1', 'nonce', STATE)).toEqual({ ready: true, jws: 'a.b.c' });
    expect(seen).toBe('/conjurer/v1/nodes/n1/config?nonce=nonce');
    answer(202, 'application/json', '{"state":"approved"}', { 'retry-after': '9' });
    expect(await controller.config('n1', 'nonce', STATE)).toEqual({
      ready: false,
      state: 'approved',
      retryAfterSeconds: 9,
    });
    answer(200, 'application/json', '{}');
    expect(await failureOf(controller.config('n1', 'nonce', STATE))).toMatchObject(FOREIGN);
  });

  test('calls 7, 8 and 10', async () => {
    answer(204, null, '');
    await controller.facts('n1', '{}', STATE);
    await controller.decommission('n1', STATE);
    answer(202, 'application/json', '{"state":"provisioned"}', { 'retry-after': '5' });
    expect(await controller.handoff('n1', '{}', STATE)).toEqual({ state: 'provisioned', retryAfterSeconds: 5 });
  });
});
