import { AgentError } from '../../bootstrap/errors.ts';
import type { PollAnswer } from '../controller/controller.ts';
import { cryptoRandom } from '../controller/delay.ts';
import { afterPoll, nextPoll, startPolling } from '../controller/poll-plan.ts';
import type { Registration } from '../controller/protocol.ts';
import type { EnrolmentParts } from './enrolment.ts';

export interface ApprovalOptions {
  /** Call 1, the same bytes each time. */
  register(): Promise<Registration>;
  readonly longPollMaxSeconds: number;
}

/**
 * Call 2 until a person has decided: by long-poll, by plain polls where something in between does not let those live,
 * for ever. Throws E_REGISTRATION_DENIED, and E_WAITING where it was asked not to wait.
 */
export async function awaitApproval(
  enrolment: EnrolmentParts,
  { register, longPollMaxSeconds }: ApprovalOptions,
  signal: AbortSignal,
): Promise<Registration> {
  const { host, link, bus } = enrolment;
  let registration = await register();
  let announced: Registration['state'] | null = null;
  let etag: string | null = null;
  let history = startPolling;
  let retryAfterSeconds: number | null = null;
  const startedMs = host.clock.monotonicMs();
  const unknown = { seen: 0, registeredAgain: false };

  for (;;) {
    if (registration.state === 'approved') {
      bus.emit({ type: 'wait-ended' });
      return registration;
    }
    if (registration.state === 'denied') throw denied(registration);
    if (registration.state === 'expired') {
      registration = await register();
      continue;
    }
    if (registration.state !== announced) await announce(enrolment, registration);
    announced = registration.state;
    if (!enrolment.options.wait) throw waiting(registration);

    const waitedMs = host.clock.monotonicMs() - startedMs;
    const poll = nextPoll(history, { waitedMs, longPollMaxSeconds, retryAfterSeconds }, link.patience, cryptoRandom);
    if (etag !== null || poll.waitSeconds === 0) await host.clock.sleep(poll.delayMs, signal);
    const sentMs = host.clock.monotonicMs();
    const { registrationId } = registration;
    const answer: PollAnswer | 'cut short' | 'register again' = await link.ask(
      'ask for the decision',
      async controller => {
        try {
          return await controller.registration(registrationId, { etag, waitSeconds: poll.waitSeconds });
        } catch (error) {
          return readPollFailure(error, unknown);
        }
      },
      signal,
    );
    const ended = answer === 'cut short' ? 504 : answer !== 'register again' && !answer.changed ? 304 : 'otherwise';
    const tookMs = host.clock.monotonicMs() - sentMs;
    history = afterPoll(history, { waitSeconds: poll.waitSeconds, tookMs, ended }, link.patience);
    if (answer === 'cut short') continue;
    if (answer === 'register again') {
      registration = await register();
      etag = null;
      continue;
    }
    if (answer.changed) {
      registration = answer.registration;
      etag = answer.etag;
      retryAfterSeconds = null;
    } else {
      retryAfterSeconds = answer.retryAfterSeconds;
    }
  }
}

/** What has a meaning of its own while polling; the rest is for the link's patience. */
function readPollFailure(
  error: unknown,
  unknown: { seen: number; registeredAgain: boolean },
): 'cut short' | 'register again' {
  if (!(error instanceof AgentError)) throw error;
  if (error.data.status === 504) return 'cut short';
  if (error.code === 'E_REGISTRATION_EXPIRED') return 'register again';
  if (error.code !== 'E_REGISTRATION_UNKNOWN') throw error;
  unknown.seen += 1;
  if (unknown.seen < 2 || unknown.registeredAgain) throw error;
  unknown.registeredAgain = true;
  return 'register again';
}

async function announce(enrolment: EnrolmentParts, registration: Registration): Promise<void> {
  const firstSentAt = (await enrolment.state.registration.read())?.firstSentAt ?? null;
  const { claimCode, keyFingerprint, registrationId, state } = registration;
  enrolment.bus.emit({ type: 'identity-known', identity: { claimCode, keyFingerprint, registrationId } });
  enrolment.bus.emit({
    type: 'waiting',
    for:
      state === 'quarantined'
        ? 'the release of a registration held as a suspected copy'
        : 'approval of the registration',
    who: 'controller-admin',
    since: firstSentAt === null ? enrolment.now() : new Date(firstSentAt),
    next: `compare claim code ${claimCode} on the Controller, and approve ${enrolment.edgeName()} there`,
    claimCode,
    keyFingerprint,
  });
}

function denied(registration: Registration): AgentError {
  const why = registration.reason === undefined ? '' : `: ${registration.reason}`;
  return new AgentError('E_REGISTRATION_DENIED', `the registration was denied${why}`, {
    data: { registrationId: registration.registrationId, keyFingerprint: registration.keyFingerprint },
  });
}

function waiting(registration: Registration): AgentError {
  const { claimCode, keyFingerprint, registrationId } = registration;
  return new AgentError('E_WAITING', `waiting for approval: claim code ${claimCode}, fingerprint ${keyFingerprint}`, {
    data: { claimCode, keyFingerprint, registrationId },
  });
}
