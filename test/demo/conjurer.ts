import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { paths } from '../../agent/config/paths.ts';
import { type Status, statusSchema } from '../../agent/pipeline/status.ts';
import { project, typed } from './project.ts';
import type { Screen } from './screen.ts';
import { Stopped, Trouble } from './trouble.ts';

/** The built binary, on the tree. */
export interface Conjurer {
  /** As a person would type it in the project's folder. */
  commandLine(...args: string[]): string;
  /**
   * Runs it and shows what it shows: on a terminal on that itself, elsewhere line by line, without its log. Gives how
   * long it took, in ms. Throws Trouble for another exit status than `wanted`, and when it takes over `limitMs`.
   */
  show(args: readonly string[], wanted: number, limitMs: number): Promise<number>;
  /** What it keeps in the tree; null where there is nothing yet. */
  status(): Promise<Status | null>;
}

export function openConjurer(binary: string, tree: string, screen: Screen, signal: AbortSignal): Conjurer {
  const commandLine = (...args: string[]) =>
    [path.relative(project, binary), '--root', tree, ...args].map(typed).join(' ');
  return {
    commandLine,
    async show(args, wanted, limitMs) {
      signal.throwIfAborted();
      screen.command(commandLine(...args));
      const began = Date.now();
      const limit = AbortSignal.timeout(limitMs);
      const child = start(binary, ['--root', tree, ...args], screen);
      const status = await ended(child, AbortSignal.any([signal, limit]));
      signal.throwIfAborted();
      if (status === `exit status ${wanted}` && !limit.aborted) return Date.now() - began;
      throw new Trouble(`conjurer ${args.join(' ')} did not end as it should`, {
        seen: limit.aborted ? `no end after ${limitMs / 1000} s` : `${status}, where exit status ${wanted} was wanted`,
        next: `npm run demo -- --keep, then read its log: TREE${paths.log}`,
      });
    },
    async status() {
      const text = await readFile(path.join(tree, paths.status), 'utf8').catch(() => null);
      return text === null ? null : statusSchema.parse(JSON.parse(text));
    },
  };
}

/** In a session of its own: a Ctrl-C reaches it once, from the demo, whoever else in the terminal it also reaches. */
function start(binary: string, args: readonly string[], screen: Screen): ChildProcess {
  const { TERM, NO_COLOR, COLORTERM, LANG } = process.env;
  const env = Object.fromEntries(Object.entries({ TERM, NO_COLOR, COLORTERM, LANG }).filter(([, value]) => value));
  const output = screen.live ? 'inherit' : 'pipe';
  const child = spawn(binary, args, { cwd: project, env, detached: true, stdio: ['ignore', output, output] });
  for (const stream of [child.stdout, child.stderr]) if (stream !== null) showLines(stream, screen);
  return child;
}

function showLines(stream: Readable, screen: Screen): void {
  createInterface({ input: stream }).on('line', line => {
    if (!line.startsWith('{"level":')) screen.line(line);
  });
}

const patienceMs = 10_000;

/** "exit status 0", or "ended by SIGKILL". A signal that is aborted tells it to end. */
async function ended(child: ChildProcess, signal: AbortSignal): Promise<string> {
  let kill: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill(signal.reason instanceof Stopped && signal.reason.signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM');
    kill = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const [status, by] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return by === null ? `exit status ${status}` : `ended by ${by}`;
  } finally {
    clearTimeout(kill);
    signal.removeEventListener('abort', stop);
  }
}
