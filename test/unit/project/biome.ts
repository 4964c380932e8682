import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The folder of package.json. */
export const repository = join(import.meta.dirname, '../../..');

/** What Biome says of each file of a tree, one text a diagnostic. Throws where Biome itself did not work. */
export function lint(tree: string, args: readonly string[]): Map<string, string[]> {
  const { stdout, stderr, status } = spawnSync(
    join(repository, 'node_modules/.bin/biome'),
    ['lint', '--colors=off', '--max-diagnostics=none', ...args, '.'],
    { cwd: tree, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  const text = stdout + stderr;
  if (status === null || !/^Checked \d+ files/m.test(text)) throw new Error(`biome did not run: ${text}`);
  const told = new Map<string, string[]>();
  for (const diagnostic of text.split(/^(?=\S+:\d+:\d+ \S+ .*━)/m)) {
    const file = /^(\S+?):\d+:\d+ /.exec(diagnostic)?.[1];
    if (file !== undefined) told.set(file, [...(told.get(file) ?? []), diagnostic]);
  }
  return told;
}
