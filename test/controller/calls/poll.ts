import { Id, Registration } from '../../../agent/controller/protocol.ts';
import { empty, json } from '../answer.ts';
import { SECOND } from '../clock.ts';
import type { Parts } from '../parts.ts';
import { Refusal } from '../problems.ts';
import type { RegistrationRecord } from '../records.ts';
import { findRegistration, registrationBody } from '../registrations.ts';
import { defineRoute } from '../route.ts';

export const poll = defineRoute({
  number: 2,
  id: 'poll',
  method: 'GET',
  path: '/registrations/{registrationId}',
  access: 'bootstrap',
  summary: 'Where a registration stands; waits for a change when asked to',
  params: { registrationId: Id },
  headers: [
    { name: 'prefer', description: 'wait=SECONDS, at most longPollMaxSeconds of call 0', required: false },
    { name: 'if-none-match', description: 'the ETag of the last answer', required: false },
  ],
  answers: {
    200: { description: 'it changed, or the ETag was not given', schema: Registration },
    304: { description: 'it is as the ETag says' },
  },
  problems: ['registration_unknown', 'already_activated'],
  handle: async ({ parts, params, peer, header, signal }) => {
    const find = (): RegistrationRecord => {
      const registration = findRegistration(parts, params.registrationId ?? '', peer?.subject ?? '');
      if (registration.activated) throw new Refusal('already_activated', 'go on with the certificate of the node');
      return registration;
    };
    const known = header('if-none-match');
    const seconds = Math.min(waitOf(header('prefer')), parts.settings.longPollMaxSeconds);
    let registration = find();
    const waits = seconds > 0 && undecided(registration) && matches(known, registration);
    if (waits) {
      await changeOf(parts, registration, seconds, signal);
      registration = find();
    }
    const headers = {
      etag: etagOf(registration),
      ...(undecided(registration)
        ? { 'retry-after': String(parts.settings.retryAfterSeconds ?? (waits ? 1 : 30)) }
        : {}),
      ...(waits ? { 'preference-applied': `wait=${seconds}` } : {}),
    };
    if (matches(known, registration)) return empty(304, headers);
    return json(200, registrationBody(parts, registration), headers);
  },
});

function undecided({ state }: RegistrationRecord): boolean {
  return state === 'discovered' || state === 'quarantined';
}

function etagOf({ registrationId, version }: RegistrationRecord): string {
  return `"${registrationId}.${version}"`;
}

function matches(ifNoneMatch: string | null, registration: RegistrationRecord): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map(tag => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etagOf(registration));
}

function waitOf(prefer: string | null): number {
  return Number(/(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i.exec(prefer ?? '')?.[1] ?? 0);
}

/** Resolves when the registration changes, the time is over, or nobody waits any more. */
function changeOf(parts: Parts, { registrationId }: RegistrationRecord, seconds: number, signal: AbortSignal) {
  return new Promise<void>(resolve => {
    const done = (): void => {
      clearTimeout(timer);
      parts.changes.off('registration', look);
      resolve();
    };
    const look = (changed: RegistrationRecord): void => {
      if (changed.registrationId === registrationId) done();
    };
    const timer = setTimeout(done, seconds * SECOND);
    parts.changes.on('registration', look);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done, { once: true });
  });
}
