import * as z from 'zod';
import type { Clock, Files } from '../../bootstrap/host/host.ts';
import type { Patience } from './patience.ts';

/** Bounds the retries of this machine, whatever goes wrong and however often the program is started again. */
export interface RetryBudget {
  /** Takes a token. Returns how many milliseconds to wait until it is there: 0 while any is left. */
  take(): Promise<number>;
}

/** `atMs`: wall time of the write, in milliseconds since 1970. */
const Stored = z.object({ tokens: z.number().finite(), atMs: z.number().finite() });

/**
 * A bucket of tokens kept in the file `path` (0600). While the program runs it refills by the monotonic clock. Between
 * runs only wall time is there, which may have been stepped: a step back credits nothing, a step forward at most a full
 * bucket, and the debt of a stored bucket never exceeds one bucket. A file that does not parse counts as a full one.
 * Throws `E_HOST_FILE` where the file cannot be read or written.
 */
export async function createRetryBudget(
  files: Pick<Files, 'readText' | 'write'>,
  path: string,
  clock: Clock,
  { budget }: Patience,
): Promise<RetryBudget> {
  const refillMs = 1000 * budget.refillSeconds;
  const grown = (tokens: number, elapsedMs: number) =>
    refillMs === 0 ? budget.tokens : clamp(tokens + Math.max(0, elapsedMs) / refillMs, budget.tokens);

  const stored = parse(await files.readText(path));
  let tokens = stored === null ? budget.tokens : grown(stored.tokens, clock.now().getTime() - stored.atMs);
  let atMs = clock.monotonicMs();

  return {
    async take() {
      const now = clock.monotonicMs();
      tokens = clamp(grown(tokens, now - atMs) - 1, budget.tokens);
      atMs = now;
      await files.write(path, `${JSON.stringify({ tokens, atMs: clock.now().getTime() })}\n`, 0o600);
      return Math.max(0, -tokens * refillMs);
    },
  };
}

function clamp(tokens: number, size: number): number {
  return Math.min(size, Math.max(-size, tokens));
}

function parse(text: string | null): z.infer<typeof Stored> | null {
  if (text === null) return null;
  try {
    return Stored.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
