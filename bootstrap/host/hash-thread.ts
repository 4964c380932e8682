import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { chunkBytes, type ReadAndHashed, readAndHash } from './read-and-hash.ts';

/** A thread that reads and hashes one file at a time. */
export interface HashThread {
  /**
   * `background`: from now on the lowest priority for processor and disk (the kernel takes the second from the first),
   * for this thread alone. Rejects with the errno's error, or with ThreadEnded. Not called again before it has settled.
   */
  run(work: HashWork, report: (bytes: number) => void): Promise<ReadAndHashed>;
  end(): void;
}

export interface HashWork {
  /** A real one. */
  readonly path: string;
  readonly background: boolean;
}

/** The thread could not be started, or is gone: nothing is said of the file. */
export class ThreadEnded extends Error {}

type Answer =
  | { readonly read: number }
  | { readonly hashed: ReadAndHashed }
  | { readonly failed: string; readonly code: string | null };

const stepBytes = 16 * 1024 * 1024;

/** Memory and disks bound it: 8 threads hash more than 10 GB/s. */
const mostThreads = 8;

/** How many threads have work here, the main thread among them. */
export function usefulThreads(): number {
  return Math.min(availableParallelism(), mostThreads);
}

/**
 * Starts the threads of a pool while what they will read is not yet known: one a processor beside the main thread. The
 * caller ends those that no pool took.
 */
export function startHashThreads(): HashThread[] {
  return Array.from({ length: usefulThreads() - 1 }, startHashThread);
}

export function startHashThread(): HashThread {
  const worker = new Worker(program, {
    eval: true,
    env: {},
    // It holds one buffer and no objects: more heap would only make every thread dearer.
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
  });
  let turn: { report(bytes: number): void; resolve(value: ReadAndHashed): void; reject(error: unknown): void } | null =
    null;
  worker.unref();

  const settle = (act: (of: NonNullable<typeof turn>) => void) => {
    const settled = turn;
    turn = null;
    // An idle thread does not keep the process alive.
    worker.unref();
    if (settled !== null) act(settled);
  };
  worker.on('message', (answer: Answer) => {
    if ('read' in answer) turn?.report(answer.read);
    else if ('hashed' in answer) settle(({ resolve }) => resolve(answer.hashed));
    else settle(({ reject }) => reject(Object.assign(new Error(answer.failed), { code: answer.code })));
  });
  let ended: ThreadEnded | null = null;
  const end = (cause: unknown) => {
    ended ??= new ThreadEnded('the thread that hashes has ended', { cause });
    settle(({ reject }) => reject(ended));
  };
  worker.on('error', end);
  worker.on('exit', end);

  return {
    run(work, report) {
      if (ended !== null) return Promise.reject(ended);
      const { promise, resolve, reject } = Promise.withResolvers<ReadAndHashed>();
      turn = { report, resolve, reject };
      worker.ref();
      worker.postMessage(work);
      return promise;
    },
    // It ends by itself from here on, and keeps nobody waiting.
    end: () => void worker.terminate(),
  };
}

/** Plain JavaScript; `readAndHash` is the same function that runs on the main thread. */
const program = `
    const { parentPort } = require('node:worker_threads');
    const readAndHash = ${readAndHash};
    const buffer = Buffer.allocUnsafeSlow(${chunkBytes});
    parentPort.on('message', ({ path, background }) => {
      try {
        if (background) require('node:os').setPriority(0, 19);
        const steps = readAndHash(path, buffer, ${stepBytes});
        let step = steps.next();
        for (; !step.done; step = steps.next()) parentPort.postMessage({ read: step.value });
        parentPort.postMessage({ hashed: step.value });
      } catch (error) {
        parentPort.postMessage({ failed: String(error?.message ?? error), code: error?.code ?? null });
      }
    });`;
