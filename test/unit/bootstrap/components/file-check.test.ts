import { createHash } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { checkFile } from '../../../../bootstrap/components/file-check.ts';
import type { CheckContext } from '../../../../bootstrap/components/finding.ts';
import type { BinaryComponent } from '../../../../bootstrap/components/manifest.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { type ImageTree, makeImageTree } from '../../../support/image-tree.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

const path = '/usr/bin/tool';

test.each([
  ['replaced by another of the same size and content', async (tree: ImageTree) => swap(tree, await tree.read(path))],
  ['replaced by a longer one', (tree: ImageTree) => swap(tree, 'x'.repeat(100))],
])('a file that is %s after it was hashed is not the one that was hashed', async (_what, meanwhile) => {
  const tree = await makeImageTree(await temporaryTree());
  const sha256 = createHash('sha256')
    .update(await tree.read(path))
    .digest('hex');
  const check = (after: (tree: ImageTree) => Promise<unknown>) =>
    checkFile(tool, { path, sha256 }, contextOf(tree, after));
  expect(await check(async () => undefined)).toEqual([]);
  expect(await check(meanwhile)).toMatchObject([
    { component: 'tool', status: 'could-not-tell', problem: 'changed-while-read' },
  ]);
});

const tool = { name: 'tool', group: 'os', kind: 'binary' } as BinaryComponent;

async function swap(tree: ImageTree, content: string): Promise<void> {
  await tree.put('/usr/bin/tool.new', content, 0o755);
  await rename(tree.at('/usr/bin/tool.new'), tree.at(path));
}

function contextOf(tree: ImageTree, after: (tree: ImageTree) => Promise<unknown>): CheckContext {
  const host = localHost({ root: tree.root });
  return {
    host,
    depth: 'full',
    manifest: null as never,
    async hash(file) {
      const info = await host.files.stat(file);
      const sha256 = createHash('sha256')
        .update(await tree.read(file))
        .digest('hex');
      await after(tree);
      return info === null ? null : { sha256, info };
    },
    known: () => null,
    progress: { expect: () => undefined, read: () => undefined },
    signal: new AbortController().signal,
  };
}
