import { AgentError, type RetryAdvice } from '../../bootstrap/errors.ts';
import type { Clock } from '../../bootstrap/host/host.ts';
import { cryptoRandom, type Random, retryMs, waitMs } from './delay.ts';
import type { Patience } from './patience.ts';
import type { RetryBudget } from './retry-budget.ts';

/** How far an endeavour has got. Shared by the calls of one endeavour; `reset` it when its state changes. */
export interface Perseverance {
  /** Failures of class retry since the state changed last: the n of the backoff. */
  retries: number;
  /** When the waiting for a person began, on the monotonic clock; null while nobody is waited for. */
  waitingSinceMs: number | null;
}

export interface Retry {
  readonly error: AgentError;
  readonly class: 'retry' | 'wait';
  readonly delayMs: number;
  /** From 1, over this call of `persist`. */
  readonly number: number;
}

export interface PersistOptions {
  readonly patience: Patience;
  readonly clock: Clock;
  readonly budget: RetryBudget;
  readonly signal?: AbortSignal;
  /** Told before each delay; for the status, the log and the console. */
  readonly onRetry?: (retry: Retry) => void;
  /** Awaited after each delay of class wait, so that credentials replaced in place are read again. */
  readonly onSlowRetry?: () => Promise<void>;
  /** Class retry is given up after so long without an answer of another class; a wait for a person never is. */
  readonly giveUpAfterMs?: number;
  /** Left out: this operation is an endeavour of its own. */
  readonly perseverance?: Perseverance;
  readonly random?: Random;
}

/**
 * Repeats `operation` until it succeeds. Failures of class retry come back after a backoff or the Retry-After asked for,
 * class wait after minutes and for ever. Throws at once what is terminal or has no retry advice, the last error when
 * class retry has lasted for `giveUpAfterMs`, and the signal's reason when it is aborted.
 */
export async function persist<T>(operation: () => Promise<T>, options: PersistOptions): Promise<T> {
  const { clock, budget, signal, giveUpAfterMs = Number.POSITIVE_INFINITY } = options;
  const state = options.perseverance ?? startPerseverance();
  let failingSinceMs: number | null = null;
  for (let number = 1; ; number++) {
    signal?.throwIfAborted();
    try {
      const result = await abortable(operation(), signal);
      state.waitingSinceMs = null;
      return result;
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof AgentError) || error.retry === undefined || error.retry.class === 'terminal') throw error;
      const delayMs = Math.max(nextDelayMs(error.retry, state, options), await budget.take());
      failingSinceMs = error.retry.class === 'retry' ? (failingSinceMs ?? clock.monotonicMs()) : null;
      if (failingSinceMs !== null && clock.monotonicMs() + delayMs - failingSinceMs > giveUpAfterMs) throw error;
      options.onRetry?.({ error, class: error.retry.class, delayMs, number });
      await clock.sleep(delayMs, signal);
      if (error.retry.class === 'wait') await options.onSlowRetry?.();
    }
  }
}

export function startPerseverance(): Perseverance {
  return { retries: 0, waitingSinceMs: null };
}

/** The state changed: the next failure is a first one again. */
export function resetPerseverance(state: Perseverance): void {
  state.retries = 0;
  state.waitingSinceMs = null;
}

/** What is under way is left to itself: whoever aborted closes the connection next. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  return Promise.race([work, aborted.promise]).finally(() => signal.removeEventListener('abort', abort));
}

function nextDelayMs(advice: RetryAdvice, state: Perseverance, { clock, patience, random }: PersistOptions): number {
  if (advice.class === 'retry') return retryMs(state.retries++, advice, patience, random ?? cryptoRandom);
  const now = clock.monotonicMs();
  state.waitingSinceMs ??= now;
  return waitMs(now - state.waitingSinceMs, patience, random ?? cryptoRandom);
}
