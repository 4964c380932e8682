import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { nodeDisk } from './disk.ts';
import { errnoOf, fileError, isAbsent } from './file-error.ts';
import { resolveInRoot } from './resolve.ts';

/** A disk, a CD or an image of one, opened to read parts of it. */
export interface Volume {
  /** Fewer bytes than asked for only at the end. Throws AgentError E_HOST_FILE. */
  readAt(offset: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/**
 * Opens a block device or a plain file under `root`; null where there is none, or a drive without a medium. What is
 * neither, such as a pipe, is never opened. Throws AgentError E_HOST_FILE.
 */
export async function openVolume(root: string, path: string): Promise<Volume | null> {
  try {
    const real = root === '/' ? path : await resolveInRoot(nodeDisk, root, path, true);
    const handle = await open(real, constants.O_RDONLY | constants.O_NONBLOCK);
    const info = await handle.stat();
    if (!info.isBlockDevice() && !info.isFile()) {
      await handle.close();
      return null;
    }
    return {
      async readAt(offset, length) {
        const into = Buffer.alloc(length);
        let filled = 0;
        try {
          while (filled < length) {
            const { bytesRead } = await handle.read(into, filled, length - filled, offset + filled);
            if (bytesRead === 0) break;
            filled += bytesRead;
          }
        } catch (error) {
          throw fileError('read', path, error);
        }
        return into.subarray(0, filled);
      },
      close: () => handle.close(),
    };
  } catch (error) {
    if (isAbsent(error) || ['ENOMEDIUM', 'ENXIO'].includes(errnoOf(error) ?? '')) return null;
    throw fileError('read', path, error);
  }
}
