import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { rotatingFile } from '../../../../bootstrap/host/rotating-file.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'conjurer-rotate-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const open = () => rotatingFile({ root, path: '/log/x.log', mode: 0o600, maxBytes: 10, keep: 2 });

it('begins a new file before a line that would make it too large, and keeps so many old ones', async () => {
  const file = await open();
  for (const line of ['1111\n', '2222\n', '3333\n', '4444\n', '5555\n', '6666\n', '7777\n']) file.write(line);
  file.close();
  const log = join(root, 'log');
  expect(readdirSync(log)).toEqual(['x.log', 'x.log.1', 'x.log.2']);
  expect(readdirSync(log).map(name => readFileSync(join(log, name), 'utf8'))).toEqual([
    '7777\n',
    '5555\n6666\n',
    '3333\n4444\n',
  ]);
});

it('goes on where an earlier process ended, and writes a line that is larger than a file', async () => {
  const first = await open();
  first.write('12345678\n');
  first.close();
  const second = await open();
  second.write('a long, long line\n');
  second.close();
  expect(readFileSync(join(root, 'log/x.log'), 'utf8')).toBe('a long, long line\n');
  expect(readFileSync(join(root, 'log/x.log.1'), 'utf8')).toBe('12345678\n');
  expect(second.problem()).toBeNull();
});
