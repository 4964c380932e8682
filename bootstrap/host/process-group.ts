import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { setPriority } from 'node:os';
import { afterOwnTime } from './own-time.ts';

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** How long a descendant may hold our end of its output open once the program itself has ended. */
const drainMs = 500;

export interface GroupOptions {
  /** Of the time in which this process runs: own-time.ts. */
  readonly timeoutMs: number;
  readonly input?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** Further variables; PATH and LC_ALL are always there, and nothing of our own environment is. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The processor is left to whatever else wants it. */
  readonly background?: boolean;
  onStdout(chunk: Buffer, end: () => void): void;
  onStderr(chunk: Buffer): void;
}

export interface GroupResult {
  /** null when it was killed or never ran. */
  readonly status: number | null;
  readonly timedOut: boolean;
  /** The program does not exist on this machine. */
  readonly missing: boolean;
  /** Why it could not be started; '' where it was. */
  readonly reason: string;
}

/**
 * Runs a program, never a shell, in a process group of its own, which is killed whole at the time-out, when the signal is
 * aborted, or when the reader of its output calls `end`. Never rejects.
 */
export function runInGroup(argv: readonly [string, ...string[]], options: GroupOptions): Promise<GroupResult> {
  if (!mayBeThere(argv[0])) {
    return Promise.resolve({ status: null, timedOut: false, missing: true, reason: `spawn ${argv[0]} ENOENT` });
  }
  const { promise, resolve } = Promise.withResolvers<GroupResult>();
  let timedOut = false;
  let drain: NodeJS.Timeout | undefined;

  const finish = (status: number | null, missing: boolean, reason = '') => {
    cancelTimeout();
    clearTimeout(drain);
    options.signal?.removeEventListener('abort', killGroup);
    child.stdout.destroy();
    child.stderr.destroy();
    resolve({ status, timedOut, missing, reason });
  };

  const child = spawn(argv[0], argv.slice(1), {
    cwd: '/',
    env: { ...options.variables, PATH: path, LC_ALL: 'C' },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const killGroup = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      child.kill('SIGKILL');
    }
  };
  const cancelTimeout = afterOwnTime(options.timeoutMs, () => {
    timedOut = true;
    killGroup();
  });

  if (options.background === true && child.pid !== undefined) giveWay(child.pid);
  child.stdout.on('data', (chunk: Buffer) => options.onStdout(chunk, killGroup));
  child.stderr.on('data', options.onStderr);
  // A program that ends before it has read all of its input is no failure of ours.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  child.on('error', error => finish(null, 'code' in error && error.code === 'ENOENT', error.message));
  child.on('exit', status => {
    drain = setTimeout(() => finish(status, false), drainMs);
  });
  child.on('close', status => finish(status, false));
  if (options.signal?.aborted === true) killGroup();
  else options.signal?.addEventListener('abort', killGroup, { once: true });
  return promise;
}

/** Asked before a process is made for it, which costs a hundred times as much. */
function mayBeThere(program: string): boolean {
  return program.includes('/') || path.split(':').some(folder => isExecutable(`${folder}/${program}`));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A program that has ended already needs no priority. */
function giveWay(pid: number): void {
  try {
    setPriority(pid, 19);
  } catch {
    return;
  }
}
