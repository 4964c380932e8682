import { basename, dirname } from 'node:path';
import { AgentError } from '../errors.ts';
import type { Disk } from './disk.ts';
import { errnoOf, fileError, isAbsent } from './file-error.ts';
import type { Files } from './host.ts';
import { resolveInRoot } from './resolve.ts';
import { fsyncDirectory, inDirectory, removeLeftovers, replaceWhole } from './write-whole.ts';

const privateTree = '/var/lib/conjurer';

/**
 * Files under `root` (an absolute directory without a trailing slash, or `/`), made of the primitive operations of
 * `disk`. One process at a time may write to one path (the run lock sees to it): a second one makes the first fail,
 * but never leaves a half-written file.
 */
export function createFiles(disk: Disk, root: string): Files {
  const inFlight = new Set<string>();
  const durableNames = new Set<string>();

  const real = (path: string, follow: boolean) => resolveInRoot(disk, root, absolute(path), follow);
  /** To read below `/` the kernel resolves the path by itself. */
  const readable = async (path: string, follow: boolean) => (root === '/' ? absolute(path) : real(path, follow));

  /** Runs one operation and names it where it fails. */
  async function named<T>(operation: string, path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw fileError(operation, path, error);
    }
  }

  const orNull = <T>(operation: string, path: string, work: () => Promise<T>): Promise<T | null> =>
    named(operation, path, async () => {
      try {
        return await work();
      } catch (error) {
        if (isAbsent(error)) return null;
        throw error;
      }
    });

  /** The real directory of a path, made where it is missing, and each new name in it safe from a power cut. */
  async function madeDirectory(path: string): Promise<string> {
    const parent = dirname(path);
    const directory = await real(parent, true);
    if (parent === '/' || (await exists(disk, directory))) return directory;
    const above = await madeDirectory(parent);
    const made = await real(parent, true);
    try {
      await disk.mkdir(made, isPrivate(parent) ? 0o700 : 0o755);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
    await fsyncDirectory(disk, above);
    return made;
  }

  return {
    read: path => orNull('read', path, async () => disk.read(await readable(path, true))),

    readText: async path =>
      (await orNull('read', path, async () => disk.read(await readable(path, true))))?.toString('utf8') ?? null,

    stat: path => orNull('look at', path, async () => disk.lstat(await readable(path, false))),

    list: path => orNull('list', path, async () => (await disk.readdir(await readable(path, true))).sort()),

    readlink: path =>
      orNull('read the link', path, async () => {
        const link = await readable(path, false);
        return (await disk.lstat(link)).type === 'symlink' ? await disk.readlink(link) : null;
      }),

    write: (path, content, mode) =>
      named('write', path, async () => {
        const directory = await madeDirectory(path);
        await replaceWhole(disk, inFlight, directory, basename(path), async temporary => {
          const file = await disk.open(temporary, 'create', mode);
          try {
            await file.write(typeof content === 'string' ? Buffer.from(content, 'utf8') : content);
            await file.fsync();
          } finally {
            await file.close();
          }
        });
      }),

    symlink: (target, path) =>
      named('link', path, async () => {
        const directory = await madeDirectory(path);
        await replaceWhole(disk, inFlight, directory, basename(path), temporary => disk.symlink(target, temporary));
      }),

    append: (path, content, mode) =>
      named('append to', path, async () => {
        const directory = await madeDirectory(path);
        const target = inDirectory(directory, basename(path));
        // A process that was killed may have left a name that is not durable yet: the first append settles it.
        const isNew = !(await exists(disk, target));
        const file = await disk.open(target, isNew ? 'create' : 'append', mode);
        try {
          await file.write(Buffer.from(content, 'utf8'));
          await file.fsync();
        } finally {
          await file.close();
        }
        if (durableNames.has(target)) return;
        await fsyncDirectory(disk, directory);
        durableNames.add(target);
      }),

    remove: path =>
      named('remove', path, async () => {
        const target = await real(path, false);
        const directory = dirname(target);
        if (!(await exists(disk, directory))) return;
        await removeLeftovers(disk, inFlight, directory, basename(target));
        try {
          await disk.unlink(target);
        } catch (error) {
          if (!isAbsent(error)) throw error;
        }
        await fsyncDirectory(disk, directory);
      }),

    rename: (from, to) =>
      named('rename', from, async () => {
        const source = await real(from, false);
        const directory = await madeDirectory(to);
        await disk.rename(source, inDirectory(directory, basename(to)));
        await fsyncDirectory(disk, directory);
        if (dirname(source) !== directory) await fsyncDirectory(disk, dirname(source));
      }),

    link: (existing, path) =>
      named('link', path, async () => {
        const source = await real(existing, false);
        const directory = await madeDirectory(path);
        try {
          await disk.link(source, inDirectory(directory, basename(path)));
        } catch (error) {
          if (errnoOf(error) === 'EEXIST') return false;
          throw error;
        }
        await fsyncDirectory(disk, directory);
        return true;
      }),
  };
}

function absolute(path: string): string {
  if (path.startsWith('/') && !path.includes('\0')) return path;
  throw new AgentError('E_BUG', 'a path on the host must be absolute', { seen: path });
}

function isPrivate(directory: string): boolean {
  return directory === privateTree || directory.startsWith(`${privateTree}/`);
}

async function exists(disk: Disk, path: string): Promise<boolean> {
  try {
    await disk.lstat(path);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}
