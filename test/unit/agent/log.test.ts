import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLog } from '../../../agent/log.ts';
import { createRedactor } from '../../../agent/redaction.ts';
import { AgentError } from '../../../bootstrap/errors.ts';

let root = '';
let file = '';
const also: string[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'conjurer-log-'));
  file = join(root, 'var/log/conjurer/conjurer.log');
  also.length = 0;
});
afterEach(() => rmSync(root, { recursive: true }));

const lines = () =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>);

async function open(level: 'debug' | 'info' | 'warn' | 'error' = 'info') {
  const redactor = createRedactor();
  redactor.addSecret('canary-secret');
  return createLog({ root, level, redactor, alsoTo: { write: line => also.push(line) } });
}

it('writes JSON lines for root alone, and the same beside', async () => {
  const log = await open();
  log.warn({ edgeName: 'e' }, 'approval timed out');
  log.debug({}, 'not at this level');
  log.close();
  expect(lines()).toMatchObject([{ level: 'warn', edgeName: 'e', msg: 'approval timed out', pid: process.pid }]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(also.join('')).toBe(readFileSync(file, 'utf8'));
  expect(log.where()).toEqual({ path: file, problem: null });
});

it('leaves nothing behind where nothing was logged', async () => {
  (await open()).close();
  expect(() => statSync(join(root, 'var'))).toThrow('ENOENT');
});

it('holds no secret, whatever was logged', async () => {
  const log = await open();
  const cause = new Error('cause with canary-secret');
  log.error({ error: new AgentError('E_BUG', 'with canary-secret', { cause }), token: 'abcdefgh' }, 'canary-secret');
  log.info({ nested: { url: 'http://u:canary-secret@p/' } }, 'x');
  log.close();
  expect(readFileSync(file, 'utf8')).not.toContain('canary');
  expect(lines()[0]).toMatchObject({
    token: expect.stringMatching(/^<redacted:token:[0-9a-f]{8}>$/),
    error: { code: 'E_BUG' },
  });
});

it('has the stack of a bug, and not of an error that has a code', async () => {
  const log = await open();
  log.error({ error: new TypeError('bug') }, 'x');
  log.error({ error: new AgentError('E_USAGE', 'no', { seen: 's' }) }, 'x');
  log.close();
  const [bug, known] = lines() as { error: Record<string, unknown> }[];
  expect(bug?.error.stack).toContain('log.test.ts');
  expect(known?.error).toEqual({ code: 'E_USAGE', message: 'no', seen: 's', next: 'conjurer --help', data: {} });
});

it('never fails what it is the log of, and says why it could not be written', async () => {
  writeFileSync(join(root, 'var'), 'a file where a directory should be');
  const log = await open();
  log.info({}, 'x');
  expect(log.where().problem).toBe('ENOTDIR');
  expect(also).toHaveLength(1);
});

it('does not follow a symlink in its place', async () => {
  mkdirSync(join(root, 'var/log/conjurer'), { recursive: true });
  writeFileSync(join(root, 'victim'), '');
  symlinkSync('/victim', file);
  const log = await open();
  log.info({}, 'x');
  expect(log.where().problem).toBe('ELOOP');
  expect(readFileSync(join(root, 'victim'), 'utf8')).toBe('');
});
