import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { measureSync } from '../../../../bootstrap/host/sync-time.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

const never = new AbortController().signal;

it('times each write to a real disk, and leaves nothing behind', async () => {
  const directory = await temporaryTree();
  const times = await measureSync(directory, { count: 20, bytes: 2300, signal: never });
  expect(times).toHaveLength(20);
  expect(times.every(ms => ms > 0)).toBe(true);
  expect(await readdir(directory)).toEqual([]);
});

it('has no name while it is measured, so that a crash leaves nothing either', async () => {
  const directory = await temporaryTree();
  const stop = new AbortController();
  const measuring = measureSync(directory, { count: Number.POSITIVE_INFINITY, bytes: 2300, signal: stop.signal });
  const names: string[] = [];
  for (let looks = 0; looks < 50; looks += 1) names.push(...(await readdir(directory)));
  stop.abort();
  await measuring;
  expect(names).toEqual([]);
});

it('names the directory that cannot be written to', async () => {
  const directory = join(await temporaryTree(), 'missing');
  await expect(measureSync(directory, { count: 1, bytes: 1, signal: never })).rejects.toMatchObject({
    code: 'E_HOST_FILE',
    message: `cannot write to ${directory}: it does not exist`,
  });
});
