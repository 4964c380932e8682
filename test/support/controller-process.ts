import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** The Controller as a person starts it: a process of its own. */
export interface ControllerProcess {
  readonly url: string;
  readonly process: ChildProcess;
  /** Resolves when it is gone. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Resolves when it listens. Port 0 takes a free one. */
export async function spawnController(data: string, ...flags: string[]): Promise<ControllerProcess> {
  const main = path.join(ROOT, 'test/controller/main.ts');
  const child = spawn(process.execPath, [main, '--listen', '127.0.0.1:0', '--data', data, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^Reference Controller at (\S+)$/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stdout.resume();
    return {
      url,
      process: child,
      kill: async signal => {
        child.kill(signal);
        await gone;
      },
    };
  }
  throw new Error('the Controller ended before it listened');
}
