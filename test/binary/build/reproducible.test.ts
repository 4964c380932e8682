import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, makeBundle } from '../../../build/bundle.ts';
import { makeExecutable } from '../../../build/executable.ts';
import { readNodeBase } from '../../../build/node-base.ts';
import { sha256 } from '../../../build/output.ts';
import { host } from '../../../build/platform.ts';
import { makeBlob } from '../../../build/sea-blob.ts';
import { copyTree } from './tree.ts';

const stamp = { version: '0.1.0', commit: '0123456789ab', builtAt: '2026-01-31T08:00:00Z' };

/** Both are copies, so that a source that is edited meanwhile does not differ between them. */
let trees: string[];
beforeAll(() => {
  trees = [copyTree(), copyTree()];
});
afterAll(() => {
  for (const tree of trees) rmSync(tree, { recursive: true, force: true });
});

describe('two builds of one tree in different places', () => {
  it('bundle the same bytes', async () => {
    const [here, there] = await Promise.all(trees.map(tree => makeBundle(tree, stamp)));
    expect(digests(there)).toEqual(digests(here));
    expect(there?.packages).toEqual(here?.packages);
    const holds = (text: string) => here?.pieces.some(({ code }) => code.includes(text));
    expect(holds(stamp.commit)).toBe(true);
    for (const tree of trees) expect(holds(tree)).toBe(false);
  });

  it('make the same executable, code cache included', async () => {
    const [here, there] = await Promise.all(
      trees.map(async tree => {
        const { pieces } = await makeBundle(tree, stamp);
        const node = readNodeBase(tree, host);
        return sha256(makeExecutable(node.bytes, makeBlob(node.path, pieces, true)).bytes);
      }),
    );
    expect(there).toBe(here);
  });

  it('differ where the commit differs: the comparison sees what it should', async () => {
    const [tree = ''] = trees;
    const [a, b] = await Promise.all([stamp, { ...stamp, commit: 'ba9876543210' }].map(s => makeBundle(tree, s)));
    expect(digests(b)).not.toEqual(digests(a));
  });
});

function digests(bundle: Bundle | undefined): string[] {
  return (bundle?.pieces ?? []).map(({ name, code }) => `${name} ${sha256(code)}`);
}
