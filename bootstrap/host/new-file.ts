import { dirname } from 'node:path';
import { nodeDisk } from './disk.ts';
import { fileError } from './file-error.ts';
import { fsyncDirectory } from './write-whole.ts';

/** A file that is written from beginning to end, and is there only when it is whole. */
export interface NewFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Makes it safe from a power cut, and closes it. */
  finish(): Promise<void>;
  /** Closes it and takes it away again. */
  discard(): Promise<void>;
}

/** Makes a new file at a real path; a file or link that is there already is E_HOST_FILE (EEXIST), never written to. */
export async function createNewFile(path: string, mode: number): Promise<NewFile> {
  const named = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw fileError('write', path, error);
    }
  };
  const file = await named(() => nodeDisk.open(path, 'create', mode));
  return {
    write: bytes => named(() => file.write(bytes)),
    finish: () =>
      named(async () => {
        await file.fsync();
        await file.close();
        await fsyncDirectory(nodeDisk, dirname(path));
      }),
    async discard() {
      await file.close().catch(() => undefined);
      await named(() => nodeDisk.unlink(path));
    },
  };
}
