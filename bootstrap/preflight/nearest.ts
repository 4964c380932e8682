import { hint } from '../facts/text.ts';
import type { Files } from '../host/host.ts';

/** The path, or the directory above it that is there: what is made later is made on its file system. */
export async function nearestExisting(files: Files, path: string): Promise<string> {
  for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    if ((await hint(files.stat(at))) !== null) return at;
  }
  return '/';
}
