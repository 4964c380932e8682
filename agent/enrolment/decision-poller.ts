import { AgentError } from '../../bootstrap/errors.ts';
import type { PollAnswer } from '../controller/controller.ts';
import { cryptoRandom } from '../controller/delay.ts';
import { afterPoll, nextPoll, startPolling } from '../controller/poll-plan.ts';
import type { Registration } from '../controller/protocol.ts';
import type { EnrolmentParts } from './enrolment.ts';
import { type LostRegistration, REGISTER_AGAIN } from './lost-registration.ts';

/** Call 2, again and again: by long-poll, or by plain polls where something in between does not let those live. */
export interface DecisionPoller {
  /** Waits for the next poll's turn and sends it. null: nothing has changed. */
  next(registrationId: string): Promise<Registration | typeof REGISTER_AGAIN | null>;
  /** The registration is a new one: what is known of the old one's state is not. */
  forget(): void;
}

const CUT_SHORT = Symbol('a long-poll that something in between has ended');

export function createDecisionPoller(
  { host: { clock }, link }: EnrolmentParts,
  longPollMaxSeconds: number,
  lost: LostRegistration,
  signal: AbortSignal,
): DecisionPoller {
  const startedMs = clock.monotonicMs();
  let history = startPolling;
  let etag: string | null = null;
  let retryAfterSeconds: number | null = null;

  return {
    async next(registrationId) {
      const waitedMs = clock.monotonicMs() - startedMs;
      const poll = nextPoll(history, { waitedMs, longPollMaxSeconds, retryAfterSeconds }, link.patience, cryptoRandom);
      if (etag !== null || poll.waitSeconds === 0) await clock.sleep(poll.delayMs, signal);
      const sentMs = clock.monotonicMs();
      const answer: PollAnswer | typeof REGISTER_AGAIN | typeof CUT_SHORT = await link.ask(
        'ask for the decision',
        controller =>
          orCutShort(() =>
            lost.orAgain(() => controller.registration(registrationId, { etag, waitSeconds: poll.waitSeconds })),
          ),
        signal,
      );
      const tookMs = clock.monotonicMs() - sentMs;
      history = afterPoll(history, { waitSeconds: poll.waitSeconds, tookMs, ended: endOf(answer) }, link.patience);
      if (answer === REGISTER_AGAIN) return answer;
      if (answer === CUT_SHORT) return null;
      retryAfterSeconds = answer.changed ? null : answer.retryAfterSeconds;
      if (!answer.changed) return null;
      etag = answer.etag;
      return answer.registration;
    },
    forget() {
      etag = null;
    },
  };
}

function endOf(answer: PollAnswer | symbol): 304 | 504 | 'otherwise' {
  if (typeof answer === 'symbol') return answer === CUT_SHORT ? 504 : 'otherwise';
  return answer.changed ? 'otherwise' : 304;
}

async function orCutShort<T>(call: () => Promise<T>): Promise<T | typeof CUT_SHORT> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof AgentError && error.data.status === 504) return CUT_SHORT;
    throw error;
  }
}
