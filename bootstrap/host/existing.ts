import type { Files } from './host.ts';

/** Those of the paths that are there, in their order. What may not be looked at throws: it may be there. */
export async function existing(files: Pick<Files, 'stat'>, paths: readonly string[]): Promise<string[]> {
  const infos = await Promise.all(paths.map(path => files.stat(path)));
  return paths.filter((_, index) => (infos[index] ?? null) !== null);
}
