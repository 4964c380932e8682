import { randomBytes } from 'node:crypto';
import type { Disk } from './disk.ts';
import { isAbsent } from './file-error.ts';

const marker = '.conjurer-';

/**
 * Puts a new thing at `directory/name` so that a power cut at any moment leaves the old one or the new one, whole:
 * `make` makes it, synced, under a temporary name beside it, which is then renamed, and the directory is synced.
 * What an earlier cut left behind under a temporary name is removed first; `inFlight` holds those still in use.
 */
export async function replaceWhole(
  disk: Disk,
  inFlight: Set<string>,
  directory: string,
  name: string,
  make: (temporary: string) => Promise<void>,
): Promise<void> {
  await removeLeftovers(disk, inFlight, directory, name);
  const temporary = inDirectory(directory, `.${name}${marker}${randomBytes(6).toString('hex')}`);
  inFlight.add(temporary);
  try {
    await make(temporary);
    await disk.rename(temporary, inDirectory(directory, name));
  } catch (error) {
    await unlinkIfThere(disk, temporary).catch(() => undefined);
    throw error;
  } finally {
    inFlight.delete(temporary);
  }
  await fsyncDirectory(disk, directory);
}

/** Removes the temporary files of writes to `directory/name` that never ended. */
export async function removeLeftovers(
  disk: Disk,
  inFlight: ReadonlySet<string>,
  directory: string,
  name: string,
): Promise<void> {
  const prefix = `.${name}${marker}`;
  for (const entry of await disk.readdir(directory)) {
    const path = inDirectory(directory, entry);
    if (entry.startsWith(prefix) && !inFlight.has(path)) await unlinkIfThere(disk, path);
  }
}

export async function fsyncDirectory(disk: Disk, directory: string): Promise<void> {
  const handle = await disk.open(directory, 'directory');
  try {
    await handle.fsync();
  } finally {
    await handle.close();
  }
}

export function inDirectory(directory: string, name: string): string {
  return `${directory === '/' ? '' : directory}/${name}`;
}

async function unlinkIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.unlink(path);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}
