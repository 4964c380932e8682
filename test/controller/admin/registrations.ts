import { z } from 'zod';
import { Id } from '../../../agent/controller/protocol.ts';
import { empty, json } from '../answer.ts';
import { rfc3339 } from '../clock.ts';
import type { Parts } from '../parts.ts';
import { Refusal } from '../problems.ts';
import { RegistrationRecord } from '../records.ts';
import { approve, currentRegistration, saveRegistration } from '../registrations.ts';
import { defineRoute, type Route } from '../route.ts';

export const RegistrationList = z.object({ registrations: z.array(RegistrationRecord) });
export const Approval = z.object({ keyFingerprint: z.string() });
export const Denial = z.object({ reason: z.string().min(1).max(1024) });

const AT = {
  params: { registrationId: Id },
  access: 'admin',
  answers: { 200: { description: 'as it is now', schema: RegistrationRecord } },
} as const;

export const registrationRoutes: readonly Route[] = [
  defineRoute({
    id: 'listRegistrations',
    method: 'GET',
    path: '/admin/registrations',
    access: 'admin',
    summary: 'All registrations, oldest first',
    query: z.object({ cluster: z.string().optional(), edge: z.string().optional(), state: z.string().optional() }),
    answers: { 200: { description: 'those that were asked for', schema: RegistrationList } },
    handle: ({ parts, query }) => {
      const where = {
        ...(query.cluster === undefined ? {} : { clusterId: query.cluster }),
        ...(query.edge === undefined ? {} : { edgeName: query.edge }),
      };
      const all = parts.records.registrations.list(where).map(one => currentRegistration(parts, one));
      return json(200, { registrations: all.filter(({ state }) => (query.state ?? state) === state) });
    },
  }),
  defineRoute({
    ...AT,
    id: 'getRegistration',
    method: 'GET',
    path: '/admin/registrations/{registrationId}',
    summary: 'One registration',
    problems: ['admin_unknown'],
    handle: ({ parts, params }) => json(200, find(parts, params)),
  }),
  defineRoute({
    ...AT,
    id: 'approve',
    method: 'POST',
    path: '/admin/registrations/{registrationId}/approve',
    summary: 'Lets the key in; a held registration takes over the node of its name',
    body: Approval,
    problems: ['admin_unknown', 'admin_conflict', 'fingerprint_mismatch', 'edge_name_conflict'],
    handle: ({ parts, params, body }) => {
      const registration = undecided(find(parts, params));
      if (registration.keyFingerprint !== body.keyFingerprint) {
        throw new Refusal('fingerprint_mismatch', `the key of this registration is ${registration.keyFingerprint}`);
      }
      return json(200, approve(parts, registration, 'admin'));
    },
  }),
  defineRoute({
    ...AT,
    id: 'deny',
    method: 'POST',
    path: '/admin/registrations/{registrationId}/deny',
    summary: 'Turns the machine away for good',
    body: Denial,
    problems: ['admin_unknown', 'admin_conflict'],
    handle: ({ parts, params, body }) =>
      change(parts, undecided(find(parts, params)), 'deny', { state: 'denied', hold: null, reason: body.reason }),
  }),
  defineRoute({
    ...AT,
    id: 'quarantine',
    method: 'POST',
    path: '/admin/registrations/{registrationId}/quarantine',
    summary: 'Sets a machine aside until it is released, approved or denied',
    problems: ['admin_unknown', 'admin_conflict'],
    handle: ({ parts, params }) =>
      change(parts, undecided(find(parts, params)), 'quarantine', { state: 'quarantined' }),
  }),
  defineRoute({
    ...AT,
    id: 'releaseRegistration',
    method: 'POST',
    path: '/admin/registrations/{registrationId}/release',
    summary: 'Takes a machine out of quarantine; it waits for approval again',
    problems: ['admin_unknown', 'admin_conflict'],
    handle: ({ parts, params }) => {
      const registration = find(parts, params);
      if (registration.state !== 'quarantined') {
        throw new Refusal('admin_conflict', `the registration is ${registration.state}, not quarantined`);
      }
      return change(parts, registration, 'release', { state: 'discovered', hold: null });
    },
  }),
  defineRoute({
    ...AT,
    id: 'expire',
    method: 'POST',
    path: '/admin/registrations/{registrationId}/expire',
    summary: 'Lets the 30 days be over at once',
    problems: ['admin_unknown', 'admin_conflict'],
    handle: ({ parts, params }) => {
      const expiresAt = rfc3339(parts.clock.now());
      return change(parts, undecided(find(parts, params)), 'expire', { state: 'expired', hold: null, expiresAt });
    },
  }),
  defineRoute({
    ...AT,
    id: 'forgetRegistration',
    method: 'DELETE',
    path: '/admin/registrations/{registrationId}',
    summary: 'Forgets a registration, as a Controller restored from an older backup has',
    answers: { 204: { description: 'forgotten' } },
    problems: ['admin_unknown'],
    handle: ({ parts, params }) => {
      const { registrationId } = find(parts, params);
      parts.records.registrations.delete(registrationId);
      parts.audit('admin', 'forget registration', registrationId);
      return empty(204);
    },
  }),
];

function change(parts: Parts, registration: RegistrationRecord, action: string, fields: Partial<RegistrationRecord>) {
  return parts.store.transaction(() => {
    parts.audit('admin', action, registration.registrationId, { edgeName: registration.edgeName });
    return json(200, saveRegistration(parts, { ...registration, ...fields }));
  });
}

function undecided(registration: RegistrationRecord): RegistrationRecord {
  const { state } = registration;
  if (state === 'discovered' || state === 'quarantined') return registration;
  throw new Refusal('admin_conflict', `the registration is ${state} already`);
}

function find(parts: Parts, params: Readonly<Record<string, string>>): RegistrationRecord {
  const registration = parts.records.registrations.get(params.registrationId ?? '');
  if (!registration) throw new Refusal('admin_unknown', `there is no registration ${params.registrationId}`);
  return currentRegistration(parts, registration);
}
