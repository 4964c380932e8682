import { execFileSync } from 'node:child_process';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readEnds } from '../../../../bootstrap/host/read-ends.ts';
import { failureOf } from '../../../support/agent-client.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

const limit = { head: 4, tail: 6 };

it('a file is read whole where it fits, else at its two ends', async () => {
  const tree = await temporaryTree();
  await writeFile(join(tree, 'short'), '0123456789');
  await writeFile(join(tree, 'long'), '0123456789abcdef');
  expect(await readEnds(tree, '/short', limit)).toMatchObject({ head: Buffer.from('0123456789'), omitted: 0 });
  const ends = await readEnds(tree, '/long', limit);
  expect([ends?.head.toString(), ends?.tail.toString(), ends?.omitted]).toEqual(['0123', 'abcdef', 6]);
});

it('what lies between is not read: a file of a terabyte costs nothing', async () => {
  const tree = await temporaryTree();
  await writeFile(join(tree, 'huge'), 'begin');
  await truncate(join(tree, 'huge'), 2 ** 40);
  expect((await readEnds(tree, '/huge', limit))?.omitted).toBe(2 ** 40 - 10);
});

it('a file of the kernel, which has no size, is read to its end', async () => {
  expect((await readEnds('/', '/proc/version', { head: 9999, tail: 0 }))?.head.toString()).toContain('Linux');
});

it('nothing there is null; a link stays in the root, a pipe is refused and holds nobody', async () => {
  const tree = await temporaryTree();
  await mkdir(join(tree, 'etc'));
  await writeFile(join(tree, 'etc/hostname'), 'inside');
  await symlink('/etc/hostname', join(tree, 'link'));
  execFileSync('mkfifo', [join(tree, 'pipe')]);
  expect(await readEnds(tree, '/nothing', limit)).toBeNull();
  expect((await readEnds(tree, '/link', limit))?.head.toString()).toBe('inside');
  expect(await failureOf(readEnds(tree, '/pipe', limit))).toMatchObject({ code: 'E_HOST_FILE' });
});
