import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

/** dist/conjurer-linux-ARCH of this machine, built from the tree as it is now (a second where nothing has changed). */
export function buildHostBinary(): string {
  execFileSync(process.execPath, ['build.mjs', '--host-only'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  return join(root, 'dist', `conjurer-linux-${process.arch}`);
}

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, with nothing in its environment but what is given. */
export function runBare(command: string, args: readonly string[], env: Record<string, string> = {}, cwd = '/'): Ran {
  const { status, stdout, stderr, error } = spawnSync(command, args, { env, cwd, encoding: 'utf8' });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}
