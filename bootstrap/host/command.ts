import { spawn } from 'node:child_process';
import type { RunOptions, RunResult } from './host.ts';

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const outputLimitBytes = 8 * 1024 * 1024;
/** How long a descendant may hold our end of its output open once the program itself has ended. */
const drainMs = 500;

interface CommandOptions extends RunOptions {
  /** Further variables; PATH and LC_ALL are always there, and nothing of our own environment is. */
  readonly variables?: Readonly<Record<string, string>>;
}

/**
 * Runs a program in a process group of its own, which is killed whole at the time-out or when the signal is aborted.
 * Never rejects. Of each of stdout and stderr the first 8 MiB are kept.
 */
export function runCommand(argv: readonly [string, ...string[]], options: CommandOptions = {}): Promise<RunResult> {
  const { promise, resolve } = Promise.withResolvers<RunResult>();
  const stdout = boundedText();
  const stderr = boundedText();
  let timedOut = false;
  let drain: NodeJS.Timeout | undefined;

  const finish = (status: number | null, missing: boolean, reason = '') => {
    clearTimeout(timeout);
    clearTimeout(drain);
    options.signal?.removeEventListener('abort', killGroup);
    child.stdout.destroy();
    child.stderr.destroy();
    resolve({ argv, status, stdout: stdout.text(), stderr: stderr.text() + reason, timedOut, missing });
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
  const timeout = setTimeout(() => {
    timedOut = true;
    killGroup();
  }, options.timeoutMs ?? 10_000);

  child.stdout.on('data', stdout.add);
  child.stderr.on('data', stderr.add);
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

function boundedText(): { add(chunk: Buffer): void; text(): string } {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    add(chunk) {
      const kept = chunk.subarray(0, outputLimitBytes - size);
      size += kept.length;
      if (kept.length > 0) chunks.push(kept);
    },
    text: () => Buffer.concat(chunks).toString('utf8'),
  };
}
