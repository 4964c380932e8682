import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** dist/conjurer-linux-ARCH of this machine, as test/support/build-once.ts has built it before this rung. */
export function builtBinary(): string {
  const path = join(import.meta.dirname, '..', '..', '..', 'dist', `conjurer-linux-${process.arch}`);
  if (!existsSync(path)) throw new Error(`${path} is missing; type: npm run build -- --host-only`);
  return path;
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
