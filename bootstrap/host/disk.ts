import { constants, type Stats } from 'node:fs';
import {
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  symlink,
  unlink,
} from 'node:fs/promises';
import type { FileInfo } from './host.ts';

/**
 * The primitive operations on a file system, one system call each and in the kernel's own terms: every failure is an
 * Error with the errno's name in `code`. Paths are real ones, with the root already in front. What is written is safe
 * from a power cut only after `fsync` of the file, and a name only after `fsync` of its directory.
 */
export interface Disk {
  open(path: string, use: OpenUse, mode?: number): Promise<OpenFile>;
  /** Whole content; follows a symlink at `path`. */
  read(path: string): Promise<Buffer>;
  lstat(path: string): Promise<FileInfo>;
  readlink(path: string): Promise<string>;
  /** All of the path exists, and no part of it is a symlink. A disk that cannot tell by one call leaves it out. */
  isStraight?(path: string): Promise<boolean>;
  readdir(path: string): Promise<string[]>;
  /** The mode is exact, whatever the umask. */
  mkdir(path: string, mode: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  link(existing: string, path: string): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
}

/** `create`: a new file with exactly this mode, EEXIST if there is one. No use follows a symlink at the path. */
export type OpenUse = 'create' | 'append' | 'directory';

export interface OpenFile {
  /** All of the bytes, or an error with some of them written. */
  write(bytes: Uint8Array): Promise<void>;
  fsync(): Promise<void>;
  close(): Promise<void>;
}

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_APPEND, O_DIRECTORY, O_NOFOLLOW } = constants;

const openFlags: Record<OpenUse, number> = {
  create: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
  append: O_WRONLY | O_APPEND | O_NOFOLLOW,
  directory: O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
};

/** The real disk, and the only door to node:fs. */
export const nodeDisk: Disk = {
  async open(path, use, mode = 0o600) {
    const handle = await open(path, openFlags[use], mode);
    try {
      if (use === 'create') await handle.chmod(mode);
      return openFile(handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  },

  async read(path) {
    const handle = await open(path, O_RDONLY);
    try {
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  },

  async lstat(path) {
    return fileInfo(await lstat(path));
  },

  async mkdir(path, mode) {
    await mkdir(path, mode);
    const handle = await open(path, openFlags.directory);
    try {
      await handle.chmod(mode);
    } finally {
      await handle.close();
    }
  },

  readlink: path => readlink(path),
  isStraight: path =>
    realpath(path).then(
      real => real === path,
      () => false,
    ),
  readdir: path => readdir(path),
  rename,
  unlink,
  link,
  symlink: (target, path) => symlink(target, path),
};

function openFile(handle: FileHandle): OpenFile {
  return {
    write: bytes => handle.writeFile(bytes),
    fsync: () => handle.sync(),
    close: () => handle.close(),
  };
}

export function fileInfo(stats: Stats): FileInfo {
  return {
    type: fileType(stats),
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    size: stats.size,
    inode: stats.ino,
    device: stats.dev,
    mtimeMs: stats.mtimeMs,
    ctimeMs: stats.ctimeMs,
  };
}

function fileType(stats: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): FileInfo['type'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : 'other';
}
