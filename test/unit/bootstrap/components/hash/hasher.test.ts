import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openHasher } from '../../../../../bootstrap/components/hash/hasher.ts';
import { temporaryTree } from '../../../../support/temporary-tree.ts';

test('a file that two components name is read once', async () => {
  const root = await temporaryTree();
  let read = 0;
  const progress = {
    expect: () => undefined,
    read(bytes: number) {
      read += bytes;
    },
  };
  const hasher = openHasher({ host: { root }, background: false, progress, signal: new AbortController().signal });
  onTestFinished(() => hasher.close());
  writeFileSync(join(root, 'archive.tar'), 'abc');
  const both = await Promise.all([hasher.hash('/archive.tar'), hasher.hash('/archive.tar')]);
  expect(both.map(file => file?.sha256)).toEqual(
    Array(2).fill('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'),
  );
  expect(read).toBe(3);
});
