import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';

/** Every path of a tree but its directories, as the machine sees it, in order; optionally with modes and directories. */
export async function filesOf(root: string, below = '/'): Promise<string[]> {
  const entries = await readdir(path.join(root, below), { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries) {
    const file = path.join(below, entry.name);
    if (entry.isDirectory()) found.push(...(await filesOf(root, file)));
    else found.push(file);
  }
  return found.sort();
}

/** Permission bits of a file in a tree. */
export async function modeOf(root: string, file: string): Promise<number> {
  return (await lstat(path.join(root, file))).mode & 0o777;
}
