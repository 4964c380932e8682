import type { BigIntStats } from 'node:fs';

/** What was seen of a file: of the descriptor before and after the reading, and of the name at the end. */
export interface ReadAndHashed {
  readonly sha256: string;
  readonly before: Seen;
  readonly after: Seen;
  /** undefined: the name is gone. */
  readonly atPath: Seen | undefined;
}

export type Seen = Pick<BigIntStats, 'dev' | 'ino' | 'mode' | 'uid' | 'size' | 'mtimeNs' | 'ctimeNs'>;

/** Large enough that a system call costs nothing beside the hashing, small enough for the processor's cache. */
export const chunkBytes = 512 * 1024;

/**
 * Reads a file once from its beginning to the size that it has when it is opened, and hashes it; blocks its thread
 * between two steps. Not more is read of a file that grows. Throws the errno's error. Each step is the bytes read since
 * the last one, at least `stepBytes` but for the last.
 *
 * Threads are started from the text of this function (the single binary has no file that a thread could load), so it
 * uses nothing from around it.
 */
export function* readAndHash(path: string, buffer: Uint8Array, stepBytes: number): Generator<number, ReadAndHashed> {
  const { openSync, fstatSync, lstatSync, readSync, closeSync, constants } = process.getBuiltinModule('node:fs');
  const { createHash } = process.getBuiltinModule('node:crypto');
  // Without O_NONBLOCK a FIFO in the file's place would hold us for ever.
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const before = fstatSync(file, { bigint: true });
    const hash = createHash('sha256');
    let left = before.isFile() ? Number(before.size) : 0;
    let unreported = 0;
    while (left > 0) {
      const count = readSync(file, buffer, 0, Math.min(buffer.length, left), null);
      if (count === 0) break;
      hash.update(count === buffer.length ? buffer : buffer.subarray(0, count));
      left -= count;
      unreported += count;
      if (unreported < stepBytes) continue;
      yield unreported;
      unreported = 0;
    }
    yield unreported;
    const after = fstatSync(file, { bigint: true });
    const atPath = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return { sha256: hash.digest('hex'), before, after, atPath };
  } finally {
    closeSync(file);
  }
}
