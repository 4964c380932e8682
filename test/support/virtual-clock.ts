import type { Clock } from '../../bootstrap/host/host.ts';

/** A clock that only `run` moves: from sleeper to sleeper, in order, as fast as the work between them is done. */
export interface VirtualClock extends Clock {
  /** Wall time can be set apart from the monotonic one, as an administrator or a time service does. */
  setWall(to: Date): void;
  /** Wakes sleepers in turn until nobody sleeps or `untilMs` (monotonic) is reached. */
  run(untilMs?: number): Promise<void>;
}

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

export function createVirtualClock(startMs = Date.UTC(2026, 0, 31)): VirtualClock {
  let monotonicMs = 0;
  let wallOffsetMs = startMs;
  const sleepers: Sleeper[] = [];

  return {
    now: () => new Date(wallOffsetMs + monotonicMs),
    monotonicMs: () => monotonicMs,
    step: async to => setWall(to),
    synchronized: async () => null,
    setWall,
    sleep(ms, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      if (signal?.aborted) return Promise.reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      push(sleepers, { atMs: monotonicMs + Math.max(0, ms), wake: resolve });
      return promise;
    },
    async run(untilMs = Number.POSITIVE_INFINITY) {
      for (;;) {
        await new Promise(resolve => setImmediate(resolve));
        const next = sleepers[0];
        if (next === undefined || next.atMs > untilMs) return;
        pop(sleepers);
        monotonicMs = next.atMs;
        next.wake();
      }
    },
  };

  function setWall(to: Date): void {
    wallOffsetMs = to.getTime() - monotonicMs;
  }
}

/** A binary heap, earliest first. */
function push(heap: Sleeper[], sleeper: Sleeper): void {
  let index = heap.push(sleeper) - 1;
  for (;;) {
    const parent = (index - 1) >> 1;
    if (index === 0 || at(heap, parent).atMs <= sleeper.atMs) return;
    swap(heap, index, parent);
    index = parent;
  }
}

function pop(heap: Sleeper[]): void {
  swap(heap, 0, heap.length - 1);
  heap.pop();
  for (let index = 0; ; ) {
    const [left, right] = [2 * index + 1, 2 * index + 2];
    let least = index;
    if (left < heap.length && at(heap, left).atMs < at(heap, least).atMs) least = left;
    if (right < heap.length && at(heap, right).atMs < at(heap, least).atMs) least = right;
    if (least === index) return;
    swap(heap, index, least);
    index = least;
  }
}

function at(heap: readonly Sleeper[], index: number): Sleeper {
  const sleeper = heap[index];
  if (sleeper === undefined) throw new Error('past the end of the heap');
  return sleeper;
}

function swap(heap: Sleeper[], a: number, b: number): void {
  const [first, second] = [at(heap, a), at(heap, b)];
  heap[a] = second;
  heap[b] = first;
}
