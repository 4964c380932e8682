import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import type { Screen } from './screen.ts';

interface Entry {
  /** "0600", or "link". */
  readonly mode: string;
  readonly sha256: string;
}

/** By the path as the machine sees it. */
export type Listing = ReadonlyMap<string, Entry>;

/** Every file of the tree, without what the stand-in keeps of its units. */
export async function listTree(tree: string): Promise<Listing> {
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  const files = entries.filter(entry => !entry.isDirectory()).map(entry => path.join(entry.parentPath, entry.name));
  const own = files.filter(file => !file.startsWith(`${tree}/run/stand-in/`)).sort();
  return new Map(await Promise.all(own.map(async file => [file.slice(tree.length), await entryOf(file)] as const)));
}

async function entryOf(file: string): Promise<Entry> {
  const info = await lstat(file);
  const link = info.isSymbolicLink();
  const content = link ? await readlink(file) : await readFile(file);
  return {
    mode: link ? 'link' : (info.mode & 0o7777).toString(8).padStart(4, '0'),
    sha256: createHash('sha256').update(content).digest('hex'),
  };
}

/** What was written and removed between two listings. */
export function showChanges(before: Listing, after: Listing, screen: Screen): void {
  for (const [file, { mode }] of after) if (!before.has(file)) screen.line(`+ ${mode}  ${file}`);
  for (const [file, { mode }] of before) if (!after.has(file)) screen.line(`- ${mode}  ${file}`);
}

/** The paths that are in one listing only, or differ. */
export function differences(before: Listing, after: Listing): string[] {
  const same = (file: string) => JSON.stringify(before.get(file)) === JSON.stringify(after.get(file));
  return [...new Set([...before.keys(), ...after.keys()])].filter(file => !same(file));
}
