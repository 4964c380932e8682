import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** An empty directory that is gone when the test is over. */
export async function temporaryTree(): Promise<string> {
  const tree = await mkdtemp(join(tmpdir(), 'conjurer-tree-'));
  onTestFinished(() => rm(tree, { recursive: true, force: true }));
  return tree;
}
