import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from './file-error.ts';
import type { MeasureSync } from './host.ts';

/** In a file without a name, written as etcd writes its log: one entry after the other, each synced. */
export const measureSync: MeasureSync = async (directory, { count, bytes, signal }) => {
  const block = Buffer.alloc(bytes, 0x5a);
  try {
    const file = await openNameless(directory);
    try {
      const times: number[] = [];
      while (times.length < count && !signal.aborted) {
        const start = process.hrtime.bigint();
        await file.write(block);
        await file.datasync();
        times.push(Number(process.hrtime.bigint() - start) / 1e6);
      }
      return times;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError('write to', directory, error);
  }
};

/** Linux's flag for a file without a name, which is gone when it is closed, also after a crash. Node does not export it. */
const O_TMPFILE = 0o20_000_000 | constants.O_DIRECTORY;

/** Some file systems cannot make one: there it has a name for a moment. */
async function openNameless(directory: string): Promise<FileHandle> {
  try {
    return await open(directory, O_TMPFILE | constants.O_WRONLY, 0o600);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'EOPNOTSUPP' && code !== 'EISDIR') throw error;
  }
  const path = join(directory, `.conjurer-sync-${process.pid}-${process.hrtime.bigint()}`);
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  await unlink(path);
  return file;
}
