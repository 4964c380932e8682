import { type ChildProcess, spawn } from 'node:child_process';

/** A program that runs beside the test. What it has said so far can be read at any time. */
export interface Started {
  readonly process: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves when stdout has this text; rejects when the program ends without it. */
  said(text: string): Promise<void>;
  /** Writes to its stdin. */
  type(text: string): void;
  readonly ended: Promise<Ended>;
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  /** The whole environment. Default: empty. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly uid?: number;
  /** What it reads. null: it can be written to as it goes on, by `type`. Default: nothing. */
  readonly input?: string | null;
}

export function start(command: string, args: readonly string[], options: StartOptions = {}): Started {
  const { env = {}, cwd = '/', uid, input = '' } = options;
  const child = spawn(command, args, { env, cwd, ...(uid === undefined ? {} : { uid }) });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  if (input !== null) child.stdin.end(input);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', status => resolve({ status, stdout, stderr }));
  });
  return {
    process: child,
    type: text => {
      child.stdin.write(text);
    },
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    async said(text) {
      const seen = new Promise<void>(resolve => {
        const look = () => {
          if (!stdout.includes(text)) return;
          child.stdout.off('data', look);
          resolve();
        };
        child.stdout.on('data', look);
        look();
      });
      const early = ended.then(({ status }) => {
        if (!stdout.includes(text))
          throw new Error(`it ended with ${status} and never said ${text}:\n${stdout}\n${stderr}`);
      });
      await Promise.race([seen, early]);
    },
  };
}

/** Runs a program to its end. */
export function ran(command: string, args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return start(command, args, options).ended;
}
