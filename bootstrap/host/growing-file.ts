import { constants } from 'node:fs';
import { open, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { nodeDisk } from './disk.ts';
import { fileError } from './file-error.ts';
import { resolveInRoot } from './resolve.ts';

const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
const chunkBytes = 1024 * 1024;

/** A file that is written piece by piece, over several runs of the program if need be. */
export interface GrowingFile {
  /** In bytes, as it is now. */
  size(): Promise<number>;
  /** What is in it already, from the beginning. */
  read(): AsyncIterable<Uint8Array>;
  /** Adds to its end. */
  append(bytes: Uint8Array): Promise<void>;
  empty(): Promise<void>;
  /** Sets its mode and makes all of it safe from a power cut. */
  finish(mode: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens the file under `root`, or makes it (0600); its directory must be there. Throws E_HOST_FILE. */
export async function openGrowing(root: string, path: string): Promise<GrowingFile> {
  const named = async <T>(operation: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw fileError(operation, path, error);
    }
  };
  const handle = await named('write', async () =>
    open(await resolveInRoot(nodeDisk, root, path, false), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600),
  );
  const size = async () => (await handle.stat()).size;
  return {
    size: () => named('look at', size),
    async *read() {
      const buffer = Buffer.allocUnsafe(chunkBytes);
      for (let position = 0; ; ) {
        const { bytesRead } = await named('read', () => handle.read(buffer, 0, buffer.length, position));
        if (bytesRead === 0) return;
        position += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    },
    append: bytes =>
      named('write', async () => {
        const end = await size();
        for (let written = 0; written < bytes.length; ) {
          const rest = bytes.length - written;
          written += (await handle.write(bytes, written, rest, end + written)).bytesWritten;
        }
      }),
    empty: () => named('write', () => handle.truncate(0)),
    finish: mode =>
      named('write', async () => {
        await handle.chmod(mode);
        await handle.sync();
      }),
    close: () => handle.close(),
  };
}

/** What a file in the directory of `path` may still take, in bytes. Throws E_HOST_FILE. */
export async function freeBytes(root: string, path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(await resolveInRoot(nodeDisk, root, dirname(path), true));
    return bavail * bsize;
  } catch (error) {
    throw fileError('measure the file system of', path, error);
  }
}
