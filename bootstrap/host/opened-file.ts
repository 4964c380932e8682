import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { nodeDisk } from './disk.ts';
import { errnoOf, fileError, isAbsent } from './file-error.ts';
import type { FileInfo } from './host.ts';
import { resolveInRoot } from './resolve.ts';
import { infoOf, requireRegular, requireUnchanged } from './unchanged.ts';

/** A regular file that is read from its beginning, through one descriptor. Failures are AgentErrors E_HOST_FILE. */
export interface OpenedFile {
  /** Of the descriptor, when it was opened. */
  readonly info: FileInfo;
  /** Fills as much of `into` as it can; 0 at the end. */
  read(into: Uint8Array): Promise<number>;
  /** Throws E_FILE_CHANGED where it was written to since it was opened, or another file is at its path. */
  requireUnchanged(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a file under `root` for large sequential reads; null if there is none. A symlink at `path` is not followed. */
export async function openForReading(root: string, path: string): Promise<OpenedFile | null> {
  const named = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw isAbsent(error) ? error : fileError('read', path, error);
    }
  };
  try {
    return await named(async () => {
      const real = root === '/' ? path : await resolveInRoot(nodeDisk, root, path, false);
      requireRegular('read', path, await lstat(real, { bigint: true }));
      const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const before = await handle.stat({ bigint: true });
      return {
        info: infoOf(before),
        read: into => named(async () => (await handle.read(into, 0, into.length, null)).bytesRead),
        async requireUnchanged() {
          const after = await named(() => handle.stat({ bigint: true }));
          const atPath = await lstat(real, { bigint: true }).catch(() => undefined);
          requireUnchanged(path, before, after, atPath);
        },
        close: () => handle.close(),
      };
    });
  } catch (error) {
    if (errnoOf(error) !== null && isAbsent(error)) return null;
    throw error;
  }
}
