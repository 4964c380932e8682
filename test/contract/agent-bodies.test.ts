import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failureOf, quickPatience } from '../support/agent-client.ts';
import { FOREIGN, META, type ScriptedController, startScriptedController } from '../support/scripted-controller.ts';

let at: ScriptedController;
beforeEach(async () => {
  at = await startScriptedController();
});
afterEach(() => at.close());

const meta = () => failureOf(at.controller.meta('bootstrap'));

describe('bodies', () => {
  test('cut by content-length', async () => {
    at.respond((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
      response.write('{"controllerVersion":', () => response.destroy());
    });
    expect(await meta()).toMatchObject({ ...FOREIGN, message: 'the answer was cut off' });
  });

  test('cut in chunks', async () => {
    at.respond((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"controllerVersion":', () => response.destroy());
    });
    expect(await meta()).toMatchObject({ ...FOREIGN, message: 'the answer was cut off' });
  });

  test('a lost answer is unreachable, not foreign', async () => {
    at.respond((_request, response) => response.destroy());
    expect(await meta()).toMatchObject({ code: 'E_CONTROLLER_UNREACHABLE', check: 'http', retry: { class: 'retry' } });
  });

  test('gzip is unpacked', async () => {
    at.answer(200, 'application/json', gzipSync(JSON.stringify(META)), { 'content-encoding': 'gzip' });
    expect(await at.controller.meta('bootstrap')).toEqual(META);
  });

  test('only gzip is asked for', async () => {
    const seen: unknown[] = [];
    at.respond((request, response) => {
      seen.push(request.headers['accept-encoding']);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(META));
    });
    await at.controller.meta('bootstrap');
    expect(seen).toEqual(['gzip']);
  });

  test('a gzip bomb is stopped', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(100_000);
    at.answer(200, 'application/json', bomb, { 'content-encoding': 'gzip' });
    expect(await meta()).toMatchObject({ ...FOREIGN, seen: 'more than 1048576 bytes' });
  });

  test.each([
    ['damaged gzip', 'gzip', Buffer.from('not gzip')],
    ['cut gzip', 'gzip', gzipSync(JSON.stringify(META)).subarray(0, 40)],
    ['another packing', 'br', Buffer.from('x')],
  ])('%s', async (_name, encoding, body) => {
    at.answer(200, 'application/json', body, { 'content-encoding': encoding });
    expect(await meta()).toMatchObject(FOREIGN);
  });

  test('exactly 1 MiB is read, one byte more is not', async () => {
    const body = JSON.stringify(META);
    at.answer(200, 'application/json', body.padEnd(1024 * 1024));
    expect(await at.controller.meta('bootstrap')).toEqual(META);
    at.answer(200, 'application/json', body.padEnd(1024 * 1024 + 1));
    expect(await meta()).toMatchObject({ ...FOREIGN, seen: 'more than 1048576 bytes' });
  });

  test('a body without end is stopped at the limit', async () => {
    let sent = 0;
    at.respond((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const chunk = Buffer.alloc(64 * 1024, 32);
      const send = () => {
        while (!response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', send);
        }
      };
      send();
    });
    expect(await meta()).toMatchObject({ ...FOREIGN, seen: 'more than 1048576 bytes' });
    await at.server.drained();
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  test('headers without end are stopped', async () => {
    at.respond((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'x-long': 'x'.repeat(100_000) }).end('{}');
    });
    expect(await meta()).toMatchObject({ ...FOREIGN, message: 'the answer is not HTTP' });
  });
});

describe('time limits', () => {
  beforeEach(async () => {
    await at.close();
    at = await startScriptedController(quickPatience);
  });

  test('an answer that never begins ends by the limit of headers', async () => {
    at.respond(() => {});
    const error = await meta();
    expect(error).toMatchObject({ code: 'E_CONTROLLER_UNREACHABLE', check: 'http', data: { timedOut: true } });
    expect(error.message).toContain('no answer began within 2 s');
  });

  test('an answer that stalls ends by the limit of the call', async () => {
    at.respond((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{');
    });
    const error = await meta();
    expect(error).toMatchObject({ code: 'E_CONTROLLER_UNREACHABLE', check: 'http', data: { timedOut: true } });
    expect(error.message).toContain('not finished within 4 s');
    await at.server.drained();
  });

  test('an answer that drips ends by the limit of the call too', async () => {
    at.respond((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 50);
      response.once('close', () => clearInterval(timer));
    });
    expect((await meta()).message).toContain('not finished within 4 s');
  });
});
