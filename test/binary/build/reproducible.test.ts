import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBundle } from '../../../build/bundle.ts';
import { makeExecutable } from '../../../build/executable.ts';
import { readNodeBase } from '../../../build/node-base.ts';
import { sha256 } from '../../../build/output.ts';
import { host } from '../../../build/platform.ts';
import { makeBlob } from '../../../build/sea-blob.ts';

const root = join(import.meta.dirname, '..', '..', '..');
/** Beside the tree's other caches, so that the packages can be hard links. */
const other = join(root, '.cache', `reproducible-${process.pid}`, 'at', 'another', 'depth');
const stamp = { version: '0.1.0', commit: '0123456789ab', builtAt: '2026-01-31T08:00:00Z' };

beforeAll(() => {
  mkdirSync(other, { recursive: true });
  for (const part of ['agent', 'bootstrap', 'build', 'package.json', 'package-lock.json', 'tsconfig.json']) {
    cpSync(join(root, part), join(other, part), { recursive: true });
  }
  execFileSync('cp', ['-al', join(root, 'node_modules'), other]);
});
afterAll(() => rmSync(join(other, '..', '..', '..'), { recursive: true, force: true }));

describe('two builds of one tree in different places', () => {
  it('bundle the same bytes', async () => {
    const [here, there] = await Promise.all([makeBundle(root, stamp), makeBundle(other, stamp)]);
    expect(sha256(there.code)).toBe(sha256(here.code));
    expect(there.packages).toEqual(here.packages);
    expect(here.code.includes(stamp.commit)).toBe(true);
    expect(here.code.includes(root)).toBe(false);
  });

  it('make the same executable, code cache included', async () => {
    const { code } = await makeBundle(other, stamp);
    const [here, there] = [root, other].map(tree => {
      const node = readNodeBase(tree, host);
      return sha256(makeExecutable(node.bytes, makeBlob(node.path, code, true)).bytes);
    });
    expect(there).toBe(here);
  });

  it('differ where the commit differs: the comparison sees what it should', async () => {
    const [a, b] = await Promise.all([makeBundle(root, stamp), makeBundle(root, { ...stamp, commit: 'ba9876543210' })]);
    expect(sha256(a.code)).not.toBe(sha256(b.code));
  });
});
