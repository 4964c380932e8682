import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Options } from './options.ts';

/** What the binary says about its origin. The same for every build of one commit, on any machine, at any time. */
export interface Stamp {
  /** MAJOR.MINOR.PATCH of package.json. */
  readonly version: string;
  /** First 12 digits of the commit, with `-dirty` where the tree differs from it; `unknown` without git. */
  readonly commit: string;
  /** Time of the commit, RFC 3339 in UTC with seconds; null without git. */
  readonly builtAt: string | null;
}

export function readStamp(root: string, given: Pick<Options, 'commit' | 'builtAt'>): Stamp {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const known = readCommit(root);
  return { version, commit: given.commit ?? known.commit, builtAt: given.builtAt ?? known.builtAt };
}

function readCommit(root: string): Pick<Stamp, 'commit' | 'builtAt'> {
  if (!existsSync(join(root, '.git'))) return { commit: 'unknown', builtAt: null };
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', `safe.directory=${root}`, ...args], { cwd: root, encoding: 'utf8' }).trim();
  const commit = git('rev-parse', '--short=12', 'HEAD');
  const seconds = Number(git('log', '-1', '--format=%ct'));
  const builtAt = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
  const dirty = git('status', '--porcelain') !== '';
  return { commit: dirty ? `${commit}-dirty` : commit, builtAt };
}
