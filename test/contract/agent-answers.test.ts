import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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

let at: ScriptedController;
beforeEach(async () => {
  at = await startScriptedController();
});
afterEach(() => at.close());

const meta = () => failureOf(at.controller.meta('bootstrap'));

describe('what is not of the protocol is retried, whatever its status', () => {
  test.each([200, 401, 403, 404, 410, 502, 504])('HTML with status %d', async status => {
    at.answer(status, 'text/html; charset=utf-8', '<html><title>Hotel\u001b[31m  Wi-Fi</title></html>', {
      'retry-after': '7',
    });
    const error = await meta();
    expect(error).toMatchObject({ ...FOREIGN, data: { status } });
    expect(error.seen).toContain(`HTTP ${status}, text/html, a page titled "Hotel?[31m Wi-Fi"`);
    expect(error.retry?.retryAfterSeconds).toBe(status === 200 ? null : 7);
  });

  test.each([301, 302, 303, 307, 308])('a redirect (%d) is not followed', async status => {
    let requests = 0;
    at.respond((_request, response) => {
      requests++;
      response.writeHead(status, { location: `https://user:secret@portal.example/login?token=x` }).end();
    });
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
    at.answer(403, type, body);
    expect(await meta()).toMatchObject(FOREIGN);
  });

  test.each([
    ['no content type', null],
    ['text/plain', 'text/plain'],
    ['problem+json', 'application/problem+json'],
    ['JSON of another kind', 'application/vnd.api+json'],
  ])('a success with %s', async (_name, type) => {
    at.answer(200, type, JSON.stringify(META));
    expect(await meta()).toMatchObject(FOREIGN);
  });

  test('a problem with a status that is none of an error', async () => {
    at.problem(302, { code: 'registration_denied', class: 'terminal' });
    expect(await meta()).toMatchObject(FOREIGN);
  });

  test('a success with a charset is of the protocol', async () => {
    at.answer(200, 'Application/JSON; charset=utf-8', JSON.stringify(META));
    expect(await at.controller.meta('bootstrap')).toEqual(META);
  });

  test.each([
    ['a key is missing', { clusterId: undefined }, 'clusterId is missing'],
    ['a key is of another type', { longPollMaxSeconds: '50' }, 'longPollMaxSeconds is a text of 2 characters'],
    ['a list holds something else', { apiVersions: ['v1', 7] }, 'apiVersions.1 is a number'],
  ])('%s: named, without its content', async (_name, change, seen) => {
    at.answer(200, 'application/json', JSON.stringify({ ...META, ...change }));
    expect(await meta()).toMatchObject({ ...FOREIGN, seen });
  });

  test.each(['', 'not JSON', '{"cut":'])('a body of %j is not JSON', async body => {
    at.answer(200, 'application/json', body);
    expect(await meta()).toMatchObject({ ...FOREIGN, seen: `${body.length} characters that are not JSON` });
  });

  test('unknown fields are ignored', async () => {
    at.answer(200, 'application/json', JSON.stringify({ ...META, later: true }));
    expect(await at.controller.meta('bootstrap')).toEqual(META);
  });

  test('a join state that does not fit is not shown', async () => {
    at.answer(201, 'application/json', JSON.stringify({ ...REGISTRATION, joinState: 'secret state' }));
    const error = await failureOf(at.controller.register('c1', '{}', 'key'));
    expect(error.seen).toBe('joinState is a text of 12 characters');
    expect(JSON.stringify([error.message, error.seen, error.wanted, error.data])).not.toContain('secret');
  });
});

describe('problems', () => {
  test('a known one has its code, class, exit status and what else it says', async () => {
    const held = { registrationId: 'r1', keyFingerprint: 'SHA256:abc', claimCode: 'ABCD-EFGH' };
    at.problem(409, { code: 'edge_name_conflict', class: 'wait', detail: 'edge-01 is taken', ...held });
    expect(await meta()).toMatchObject({
      code: 'E_EDGE_NAME_CONFLICT',
      exitStatus: 75,
      message: 'another machine has this edge name (edge-01 is taken)',
      retry: { class: 'wait', retryAfterSeconds: null, authenticated: true },
      data: { problem: 'edge_name_conflict', status: 409, requestId: 'req-1', ...held },
    });
  });

  test.each(['retry', 'wait', 'terminal'] as const)('an unknown one goes by its class %s', async kind => {
    at.problem(418, { code: 'teapot', class: kind, retryAfter: kind === 'retry' ? 3 : null });
    expect(await meta()).toMatchObject({
      code: 'E_PROBLEM_UNKNOWN',
      retry: { class: kind, retryAfterSeconds: kind === 'retry' ? 3 : null },
      data: { problem: 'teapot' },
    });
  });

  test.each(['passphrase_wrong', 'controller_untrusted', 'bug', 'constructor', '__proto__'])(
    'a name of our own (%s) is unknown from the wire',
    async code => {
      at.problem(403, { code, class: 'retry' });
      expect(await meta()).toMatchObject({ code: 'E_PROBLEM_UNKNOWN', retry: { class: 'retry' } });
    },
  );

  test('of a known one the table says the class, and the difference is kept', async () => {
    at.problem(403, { code: 'registration_denied', class: 'retry', retryAfter: 1 });
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
    at.problem(503, { code: 'maintenance', class: 'retry', ...fields }, headers);
    expect((await meta()).retry).toEqual({ class: 'retry', retryAfterSeconds: seconds, authenticated: true });
  });

  test.each([-1, 1.5, 'soon', {}])('a retryAfter of %j is no problem of the protocol', async retryAfter => {
    at.problem(503, { code: 'maintenance', class: 'retry', retryAfter });
    expect(await meta()).toMatchObject(FOREIGN);
  });
});
