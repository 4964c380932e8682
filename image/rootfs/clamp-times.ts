import { lstatSync, lutimesSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** No file of the tree is newer than `builtAt`, so that the same inputs give the same tree. */
export function clampTimes(directory: string, builtAt: Date): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) clampTimes(path, builtAt);
    else clamp(path, builtAt);
  }
  // Last, since nothing below is written any more.
  clamp(directory, builtAt);
}

function clamp(path: string, builtAt: Date): void {
  if (lstatSync(path).mtime > builtAt) lutimesSync(path, builtAt, builtAt);
}
