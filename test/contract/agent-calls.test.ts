import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Controller } from '../../agent/controller/controller.ts';
import { Patience } from '../../agent/controller/patience.ts';
import { failureOf } from '../support/agent-client.ts';
import { FOREIGN, META, type ScriptedController, startScriptedController } from '../support/scripted-controller.ts';

const REGISTRATION = {
  registrationId: 'r1',
  state: 'discovered',
  keyFingerprint: 'SHA256:abc',
  claimCode: 'ABCD-EFGH',
  expiresAt: null,
  joinState: 'state.1',
};
const CHAIN = { chain: 'PEM', renewAfter: '2026-05-31T08:00:00Z', notAfter: '2026-07-31T08:00:00Z' };

let at: ScriptedController;
beforeEach(async () => {
  at = await startScriptedController();
});
afterEach(() => at.close());

const meta = () => failureOf(at.controller.meta('bootstrap'));

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
    at.respond((request, response, body) => {
      seen = { line: `${request.method} ${request.url}`, headers: request.headers, body };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
    });
    expect(await call(at.controller)).toEqual(result);
    expect(seen?.line).toBe(line);
    expect(seen?.headers['conjurer-join-state']).toBe(Number(number) < 4 ? undefined : STATE);
    expect(seen?.headers['idempotency-key']).toBe(number === '1' ? 'KEY' : undefined);
    expect(seen?.headers['content-type']).toBe(line.startsWith('GET') ? undefined : 'application/json');
    if (number === '1') expect(seen?.body).toBe('{"a":1}');
    if (number === '9' || number === '13') expect(seen?.body).toBe('{"csr":"CSR"}');
  });

  test('call 2 long-polls, tells changed from unchanged, and gives the hint', async () => {
    const seen: unknown[] = [];
    at.respond((request, response) => {
      seen.push([request.headers.prefer, request.headers['if-none-match']]);
      if (request.headers['if-none-match'] !== undefined)
        return void response.writeHead(304, { 'retry-after': '1' }).end();
      response.writeHead(200, { 'content-type': 'application/json', etag: '"g1"' }).end(JSON.stringify(REGISTRATION));
    });
    const first = await at.controller.registration('r1', { etag: null, waitSeconds: 0 });
    expect(first).toEqual({ changed: true, registration: REGISTRATION, etag: '"g1"' });
    expect(await at.controller.registration('r1', { etag: '"g1"', waitSeconds: 2 })).toEqual({
      changed: false,
      retryAfterSeconds: 1,
    });
    expect(seen).toEqual([
      [undefined, undefined],
      ['wait=2', '"g1"'],
    ]);
  });

  test('the wait of a long-poll replaces both time limits', async () => {
    const patience = Patience.parse({ timeouts: { headersSeconds: 0.2, callSeconds: 0.2, longPollExtraSeconds: 30 } });
    await at.close();
    at = await startScriptedController(patience);
    at.respond((_request, response) => setTimeout(() => response.writeHead(304).end(), 400));
    const poll = at.controller.registration('r1', { etag: '"g1"', waitSeconds: 1 });
    expect(await poll).toEqual({ changed: false, retryAfterSeconds: null });
  });

  test('a 304 to a call that did not ask for it is foreign', async () => {
    at.answer(304, null, '');
    expect(await meta()).toMatchObject(FOREIGN);
    expect(await failureOf(at.controller.registration('r1', { etag: null, waitSeconds: 0 }))).toMatchObject(FOREIGN);
  });

  test('call 5 gives the JWS, or when to ask again', async () => {
    let seen: string | undefined;
    at.respond((request, response) => {
      seen = request.url;
      response.writeHead(200, { 'content-type': 'application/jose' }).end('a.b.c\n');
    });
    expect(await at.controller.config('n1', 'nonce', STATE)).toEqual({ ready: true, jws: 'a.b.c' });
    expect(seen).toBe('/conjurer/v1/nodes/n1/config?nonce=nonce');
    at.answer(202, 'application/json', '{"state":"approved"}', { 'retry-after': '9' });
    expect(await at.controller.config('n1', 'nonce', STATE)).toEqual({
      ready: false,
      state: 'approved',
      retryAfterSeconds: 9,
    });
    at.answer(200, 'application/json', '{}');
    expect(await failureOf(at.controller.config('n1', 'nonce', STATE))).toMatchObject(FOREIGN);
  });

  test('calls 7, 8 and 10', async () => {
    at.answer(204, null, '');
    await at.controller.facts('n1', '{}', STATE);
    await at.controller.decommission('n1', STATE);
    at.answer(200, 'text/html', '');
    expect(await failureOf(at.controller.facts('n1', '{}', STATE))).toMatchObject(FOREIGN);
    at.answer(202, 'application/json', '{"state":"provisioned"}', { 'retry-after': '5' });
    expect(await at.controller.handoff('n1', '{}', STATE)).toEqual({ state: 'provisioned', retryAfterSeconds: 5 });
  });
});
