/**
 * Runs `work` and rejects with `late()` when it takes longer than `ms` (monotonic), or with the reason of `signal` when
 * that is aborted. Either aborts the signal that `work` was given, and `work` then lets go of what it opened. With
 * `again` it says that it got on: the time begins anew.
 */
export async function within<T>(
  ms: number,
  signal: AbortSignal | undefined,
  late: () => Error,
  work: (signal: AbortSignal, again: () => void) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(late()), ms);
  const both = signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]);
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(both.reason);
  both.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work(both, () => timer.refresh()), aborted.promise]);
  } finally {
    clearTimeout(timer);
    both.removeEventListener('abort', abort);
  }
}
