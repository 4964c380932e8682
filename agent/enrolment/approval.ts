import { AgentError } from '../../bootstrap/errors.ts';
import { backoffMs, cryptoRandom } from '../controller/delay.ts';
import type { Registration } from '../controller/protocol.ts';
import { createDecisionPoller } from './decision-poller.ts';
import type { EnrolmentParts } from './enrolment.ts';
import { type LostRegistration, REGISTER_AGAIN } from './lost-registration.ts';
import type { StoredRegistration } from './state.ts';

export interface ApprovalOptions {
  readonly request: StoredRegistration;
  /** Call 1, the same bytes each time. */
  register(): Promise<Registration>;
  readonly longPollMaxSeconds: number;
  readonly lost: LostRegistration;
}

/**
 * Asks until a person has decided, for ever. What is shown to be compared is this machine's own fingerprint, not what
 * the Controller says it is. Throws E_REGISTRATION_DENIED, and E_WAITING where it was asked not to wait.
 */
export async function awaitApproval(
  enrolment: EnrolmentParts,
  options: ApprovalOptions,
  signal: AbortSignal,
): Promise<Registration> {
  const { host, link, bus } = enrolment;
  const { request, register, longPollMaxSeconds, lost } = options;
  const poller = createDecisionPoller(enrolment, longPollMaxSeconds, lost, signal);
  let registration = await register();
  let announced: Registration['state'] | null = null;
  for (;;) {
    checkKey(registration, request);
    if (enrolment.options.onlyAnnounces === true) throw waiting(request, registration);
    if (registration.state === 'denied') throw denied(registration);
    if (registration.state === 'approved') {
      if (announced !== null) bus.emit({ type: 'wait-ended' });
      return registration;
    }
    if (registration.state === 'expired') {
      await host.clock.sleep(backoffMs(0, link.patience, cryptoRandom), signal);
      registration = await register();
      poller.forget();
      continue;
    }
    if (registration.state !== announced) await announce(enrolment, request, registration);
    announced = registration.state;
    if (!enrolment.options.wait) throw waiting(request, registration);
    const news = await poller.next(registration.registrationId);
    if (news === REGISTER_AGAIN) {
      registration = await register();
      poller.forget();
    } else if (news !== null) {
      registration = news;
    }
  }
}

/** The admin approves a fingerprint: one that is not ours would be somebody else's. */
function checkKey(registration: Registration, { keyFingerprint }: StoredRegistration): void {
  if (registration.keyFingerprint === keyFingerprint) return;
  throw new AgentError('E_IDEMPOTENCY_MISMATCH', 'the Controller holds another key under this registration', {
    seen: registration.keyFingerprint,
    wanted: keyFingerprint,
    data: { registrationId: registration.registrationId },
  });
}

async function announce(
  enrolment: EnrolmentParts,
  { claimCode, keyFingerprint, edgeName }: StoredRegistration,
  { registrationId, state }: Registration,
): Promise<void> {
  const { state: stored, bus } = enrolment;
  const firstSentAt = (await stored.registration.read())?.firstSentAt ?? null;
  bus.emit({ type: 'identity-known', identity: { claimCode, keyFingerprint, registrationId } });
  bus.emit({
    type: 'waiting',
    for: state === 'quarantined' ? 'the release of a registration held as a copy' : 'approval of the registration',
    who: 'controller-admin',
    ...(state === 'quarantined' ? { code: 'E_CLONE_SUSPECTED' } : {}),
    since: firstSentAt === null ? enrolment.now() : new Date(firstSentAt),
    next: `compare claim code ${claimCode} on the Controller, and approve ${edgeName} there`,
    claimCode,
    keyFingerprint,
  });
}

function denied({ reason, registrationId, keyFingerprint }: Registration): AgentError {
  const why = reason === undefined ? '' : `: ${reason}`;
  return new AgentError('E_REGISTRATION_DENIED', `the registration was denied${why}`, {
    data: { registrationId, keyFingerprint },
  });
}

function waiting(
  { edgeName, claimCode, keyFingerprint }: StoredRegistration,
  { registrationId }: Registration,
): AgentError {
  return new AgentError('E_WAITING', `${edgeName} is registered, and nobody has approved it yet`, {
    data: { claimCode, keyFingerprint, registrationId },
  });
}
