import { lstat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { nodeDisk } from './disk.ts';
import { fileError, isAbsent } from './file-error.ts';
import { type HashThread, startHashThread, ThreadEnded, usefulThreads } from './hash-thread.ts';
import type { FileInfo } from './host.ts';
import { chunkBytes, type ReadAndHashed, readAndHash } from './read-and-hash.ts';
import { resolveInRoot } from './resolve.ts';
import { infoOf, requireRegular, requireUnchanged } from './unchanged.ts';

export interface HashPoolOptions {
  /** The directory that stands for `/`. */
  readonly root: string;
  /** A node that serves others: the lowest priority for processor and disk. */
  readonly background: boolean;
  /** Default: the processors this process may use, at most 8. */
  readonly threads?: number;
  /** Threads that were started ahead of the work; the pool ends them. */
  readonly ready?: readonly HashThread[];
  /** Given the size of each file when it is queued, and then the bytes of it as they are read. */
  readonly progress?: { expect(bytes: number): void; read(bytes: number): void };
  readonly signal?: AbortSignal;
}

export interface HashPool {
  /**
   * Hashes a regular file, read once through one descriptor; its info is that descriptor's, unchanged by the end. All
   * files may be asked for at once: the largest goes first, so that no processor is left alone with it at the end.
   * null: there is none. Throws E_HOST_FILE (a symlink at `path` is not followed), E_FILE_CHANGED, and the signal's
   * reason.
   */
  hash(path: string): Promise<{ readonly sha256: string; readonly info: FileInfo } | null>;
  /** Ends the threads; what is still queued is rejected. */
  close(): Promise<void>;
}

interface Job {
  readonly path: string;
  readonly size: number;
  resolve(hashed: ReadAndHashed): void;
  reject(error: unknown): void;
}

/** What is read sooner than a thread starts. */
const notWorthAThread = 24 * 1024 * 1024;
/** For as long the main thread hashes before it looks after everything else; a slow disk makes it longer by one piece. */
const turnMs = 10;

/**
 * Hashes files on all processors, in memory that does not grow with them. Threads start when there is work for them; the
 * main thread takes its part, in short turns, but in the background, where its own priority stays what it is.
 */
export function openHashPool(options: HashPoolOptions): HashPool {
  const { root, background, progress, signal } = options;
  const most = options.threads ?? usefulThreads();
  const queue: Job[] = [];
  const idle: HashThread[] = [...(options.ready ?? [])];
  const all = new Set<HashThread>(idle);
  const here = new Set<Promise<void>>();
  const buffer = Buffer.allocUnsafeSlow(chunkBytes);
  let dispatching = false;
  let closed = false;

  const close = async () => {
    closed = true;
    for (const job of queue.splice(0)) job.reject(new Error('the hashing was stopped'));
    for (const thread of all) thread.end();
    await Promise.all(here);
  };
  signal?.addEventListener('abort', () => void close(), { once: true });

  /** Callers that ask in the same turn are sorted together. */
  function dispatchSoon(): void {
    if (dispatching) return;
    dispatching = true;
    void setImmediate().then(() => {
      dispatching = false;
      dispatch();
    });
  }

  function dispatch(): void {
    if (closed) return;
    queue.sort((a, b) => b.size - a.size);
    const waiting = queue.reduce((sum, { size }) => sum + size, 0);
    const withoutThreads = all.size === 0 && waiting < notWorthAThread;
    while (!withoutThreads && queue.length > 0) {
      const thread = idle.pop() ?? another();
      const job = thread === null ? undefined : queue.shift();
      if (thread === null || job === undefined) break;
      thread
        .run({ path: job.path, background }, bytes => progress?.read(bytes))
        .then(job.resolve, error => {
          if (!(error instanceof ThreadEnded)) throw error;
          all.delete(thread);
          if (!closed) return hashHere(job);
          throw error;
        })
        .catch(job.reject)
        .finally(() => {
          if (all.has(thread)) idle.push(thread);
          dispatch();
        });
    }
    if (here.size > 0 || (background && !withoutThreads)) return;
    const job = queue.shift();
    if (job !== undefined) hashHere(job);
  }

  function another(): HashThread | null {
    if (all.size >= most - (background ? 0 : 1)) return null;
    const thread = startHashThread();
    all.add(thread);
    return thread;
  }

  function hashHere({ path, resolve, reject }: Job): void {
    const hashing = inTurns(path)
      .then(resolve, reject)
      .finally(() => {
        here.delete(hashing);
        dispatch();
      });
    here.add(hashing);
  }

  /** One buffer serves all: nothing of it is needed after a step. */
  async function inTurns(path: string): Promise<ReadAndHashed> {
    const steps = readAndHash(path, buffer, chunkBytes);
    let turnEndsAtMs = performance.now() + turnMs;
    let step = steps.next();
    for (; !step.done; step = closed ? steps.throw(new Error('the hashing was stopped')) : steps.next()) {
      progress?.read(step.value);
      if (performance.now() < turnEndsAtMs) continue;
      await setImmediate();
      turnEndsAtMs = performance.now() + turnMs;
    }
    return step.value;
  }

  function queued(path: string, size: number): Promise<ReadAndHashed> {
    const { promise, resolve, reject } = Promise.withResolvers<ReadAndHashed>();
    if (closed) reject(new Error('the hashing was stopped'));
    else queue.push({ path, size, resolve, reject });
    dispatchSoon();
    return promise;
  }

  return {
    async hash(path) {
      signal?.throwIfAborted();
      try {
        const real = root === '/' ? path : await resolveInRoot(nodeDisk, root, path, false);
        const there = await lstat(real, { bigint: true });
        requireRegular('hash', path, there);
        progress?.expect(Number(there.size));
        const { sha256, before, after, atPath } = await queued(real, Number(there.size));
        requireUnchanged(path, before, after, atPath);
        return { sha256, info: infoOf(before) };
      } catch (error) {
        signal?.throwIfAborted();
        if (isAbsent(error)) return null;
        throw fileError('hash', path, error);
      }
    },
    close,
  };
}
