import { type Random, retryAfterMs, spreadMs } from './delay.ts';
import type { Patience } from './patience.ts';

/** What is known about the polls of one approval wait. Start with `startPolling`, add each poll with `afterPoll`. */
export interface PollHistory {
  /** Long-polls in a row that something in between cut short. */
  readonly earlyEnds: number;
  /** Long-polls do not live here: plain polls for the rest of this wait. */
  readonly plain: boolean;
}

export interface Poll {
  /** 0: without long-poll. */
  readonly waitSeconds: number;
  /** Before it is sent. */
  readonly delayMs: number;
}

export const startPolling: PollHistory = { earlyEnds: 0, plain: false };

/** `ended`: 304 and 504 count against long-polling when they come early; anything else shows nothing. */
export function afterPoll(
  history: PollHistory,
  poll: { readonly waitSeconds: number; readonly tookMs: number; readonly ended: 304 | 504 | 'otherwise' },
  { poll: rules }: Patience,
): PollHistory {
  if (poll.waitSeconds === 0) return history;
  const early = poll.ended !== 'otherwise' && poll.tookMs < 1000 * Math.min(rules.earlySeconds, poll.waitSeconds);
  const earlyEnds = early ? history.earlyEnds + 1 : 0;
  return { earlyEnds, plain: history.plain || earlyEnds >= rules.earlyEnds };
}

/**
 * The next poll, `waitedMs` after the registration was first seen undecided. `longPollMaxSeconds` is the Controller's
 * (call 0), `retryAfterSeconds` the hint of the last answer. In plain polling our own pace holds unless the Controller
 * asks for a slower one.
 */
export function nextPoll(
  history: PollHistory,
  last: { readonly waitedMs: number; readonly longPollMaxSeconds: number; readonly retryAfterSeconds: number | null },
  patience: Patience,
  random: Random,
): Poll {
  const rules = patience.poll;
  const hint = last.retryAfterSeconds;
  const slow = last.waitedMs >= 1000 * rules.slowAfterSeconds;
  const waitSeconds = Math.floor(Math.min(rules.waitSeconds, last.longPollMaxSeconds));
  if (!slow && !history.plain && waitSeconds > 0) {
    return { waitSeconds, delayMs: retryAfterMs(hint ?? 0, true, patience, random) };
  }
  const pace = slow
    ? rules.slowSeconds
    : last.waitedMs < 1000 * rules.firstForSeconds
      ? rules.firstSeconds
      : rules.laterSeconds;
  const delayMs =
    hint !== null && hint > pace ? retryAfterMs(hint, true, patience, random) : spreadMs(pace, rules.spread, random);
  return { waitSeconds: 0, delayMs };
}
