import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lowerGlibc } from '../../../../build/elf/lower-glibc.ts';
import { nodePath, readNode, replaceName } from './real-files.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'conjurer-loader-'));
  // This machine's C library with the name of its version 2.28 made unknown: to the loader an older one.
  const libc = /\S+\/libc\.so\.6$/m.exec(readFileSync('/proc/self/maps', 'utf8'))?.[0] ?? '';
  writeFileSync(join(folder, 'libc.so.6'), replaceName(readFileSync(libc), 'GLIBC_2.28', 'GLIBC_2.XX'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('the loader of a system without glibc 2.28 refuses the official Node', () => {
  const { status, stderr } = start(nodePath);
  expect(status).not.toBe(0);
  expect(stderr).toContain("version `GLIBC_2.28' not found");
});

it('and starts the lowered one, without a word', () => {
  const bytes = readNode();
  lowerGlibc(bytes);
  const path = join(folder, 'node');
  writeFileSync(path, bytes);
  chmodSync(path, 0o755);
  expect(start(path)).toMatchObject({ status: 0, stdout: '42\n', stderr: '' });
});

function start(node: string) {
  return spawnSync(node, ['-p', '6 * 7'], { env: { LD_LIBRARY_PATH: folder }, encoding: 'utf8' });
}
