import { createHash, timingSafeEqual } from 'node:crypto';
import { HEADER_IDEMPOTENCY_KEY, Id, Registration, RegistrationRequest } from '../../../agent/controller/protocol.ts';
import { type Answer, json } from '../answer.ts';
import { rfc3339 } from '../clock.ts';
import { compareHardware } from '../hardware.ts';
import type { Parts } from '../parts.ts';
import { type VerifiedCsr, verifyCsr } from '../pki/csr.ts';
import { claimCode, keyFingerprint, sha256Hex } from '../pki/keys.ts';
import { Refusal } from '../problems.ts';
import type { Cluster, Hold, RegistrationRecord } from '../records.ts';
import {
  activeNode,
  admitNew,
  approve,
  currentRegistration,
  holdProblem,
  newId,
  REGISTRATION_LIFE,
  registrationBody,
  saveRegistration,
} from '../registrations.ts';
import { defineRoute } from '../route.ts';
import { redeemTicket } from '../tickets.ts';
import { checkImage } from '../versions.ts';

export const register = defineRoute({
  number: 1,
  id: 'register',
  method: 'POST',
  path: '/clusters/{clusterId}/registrations',
  access: 'bootstrap',
  summary: 'Registers a machine by its key',
  params: { clusterId: Id },
  headers: [
    {
      name: HEADER_IDEMPOTENCY_KEY,
      description: 'base64url(SHA-256(clusterId, 0x00, edgeName, 0x00, SPKI DER))',
      required: true,
    },
  ],
  body: RegistrationRequest,
  answers: {
    200: { description: 'this key is known already, in whatever state', schema: Registration },
    201: { description: 'registered', schema: Registration },
  },
  problems: [
    'csr_invalid',
    'idempotency_mismatch',
    'quota_exhausted',
    'edge_name_conflict',
    'clone_suspected',
    'recovery_needs_approval',
    'image_too_new',
    'image_too_old',
    'image_blocked',
  ],
  handle: async ({ parts, params, body, bytes, header }) => {
    const clusterId = params.clusterId ?? '';
    const csr = await verifyCsr(body.csr);
    checkIdempotencyKey(header(HEADER_IDEMPOTENCY_KEY), clusterId, body.edgeName, csr.spki);
    const cluster = parts.records.clusters.get(clusterId);
    if (!cluster) throw new Refusal('cluster_unknown', `cluster ${clusterId} is not known here`);
    const newcomer = { request: body, csr, bodySha256: sha256Hex(bytes) };
    // A held registration is kept, so its refusal is thrown only after the commit.
    const outcome = parts.store.transaction(() => decide(parts, cluster, newcomer));
    if (outcome instanceof Refusal) throw outcome;
    return outcome;
  },
});

type Outcome = Answer | Refusal;

interface Newcomer {
  readonly request: RegistrationRequest;
  readonly csr: VerifiedCsr;
  readonly bodySha256: string;
}

/** The table of clones and recoveries, from the key on: known, known with other bytes, new. */
function decide(parts: Parts, cluster: Cluster, newcomer: Newcomer): Outcome {
  const known = parts.records.registrations
    .list({ clusterId: cluster.clusterId, spki: newcomer.csr.spki.toString('base64') })
    .map(registration => currentRegistration(parts, registration))
    .filter(({ state }) => state !== 'expired');
  const again = known.find(({ bodySha256 }) => bodySha256 === newcomer.bodySha256);
  if (again) return answerKnown(parts, cluster, again);
  if (known.length > 0) return decideOtherBytes(parts, cluster, newcomer, known);
  return decideNewKey(parts, cluster, newcomer);
}

/** The same request again: a restart or a lost answer. A hold that has lost its reason is let go. */
function answerKnown(parts: Parts, cluster: Cluster, registration: RegistrationRecord): Outcome {
  const { hold } = registration;
  if (hold === null) return json(200, registrationBody(parts, registration));
  const nameIsFree = hold === 'edge_name_conflict' && !activeNode(parts, cluster.clusterId, registration.edgeName);
  if (!nameIsFree) return holdProblem(hold, registration);
  const freed = admitNew(parts, { ...registration, hold: null }, cluster.autoApprove);
  return json(200, registrationBody(parts, freed));
}

/** A key that is live here, in another request. */
function decideOtherBytes(parts: Parts, cluster: Cluster, newcomer: Newcomer, known: RegistrationRecord[]): Outcome {
  const { intent, edgeName, hardware } = newcomer.request;
  if (intent === 'recover' && known.some(live => live.edgeName === edgeName)) {
    return create(parts, cluster, newcomer, 'recovery_needs_approval');
  }
  if (known.every(live => compareHardware(hardware, live.request.hardware) === 'different')) {
    return create(parts, cluster, newcomer, 'clone_suspected');
  }
  const ids = known.map(({ registrationId }) => registrationId).join(', ');
  return new Refusal('idempotency_mismatch', `this key is registered by another request: ${ids}`);
}

function decideNewKey(parts: Parts, cluster: Cluster, newcomer: Newcomer): Outcome {
  const { request } = newcomer;
  checkImage(request.image, cluster, parts.settings.controllerVersion);
  const owner = activeNode(parts, cluster.clusterId, request.edgeName);
  if (!owner) return create(parts, cluster, newcomer, null);
  const same = compareHardware(request.hardware, owner.hardware) === 'same';
  return create(parts, cluster, newcomer, same ? 'recovery_needs_approval' : 'edge_name_conflict');
}

function create(parts: Parts, cluster: Cluster, newcomer: Newcomer, hold: Hold | null): Outcome {
  const { clusterId, quota } = cluster;
  if (quota !== null && parts.records.registrations.list({ clusterId }).length >= quota) {
    throw new Refusal('quota_exhausted', `cluster ${clusterId} takes ${quota} registrations in all`);
  }
  const registration = newRegistration(parts, clusterId, newcomer, hold);
  const owner = activeNode(parts, clusterId, registration.edgeName);
  const ticket = owner && owner.state !== 'banned' && hold !== 'clone_suspected';
  if (ticket && redeemTicket(parts, newcomer.request.recoveryTicket, owner.nodeId, registration.registrationId)) {
    return created(parts, approve(parts, registration, 'recovery ticket'));
  }
  if (hold === null) return created(parts, admitNew(parts, registration, cluster.autoApprove));
  return holdProblem(hold, saveRegistration(parts, registration));
}

function newRegistration(parts: Parts, clusterId: string, newcomer: Newcomer, hold: Hold | null): RegistrationRecord {
  const { request, csr, bodySha256 } = newcomer;
  const now = parts.clock.now();
  const registrationId = newId('reg');
  parts.audit('agent', 'register', registrationId, { edgeName: request.edgeName, intent: request.intent, hold });
  return {
    registrationId,
    clusterId,
    edgeName: request.edgeName,
    spki: csr.spki.toString('base64'),
    keyFingerprint: keyFingerprint(csr.spki),
    claimCode: claimCode(csr.spki),
    bodySha256,
    request,
    state: hold === 'clone_suspected' ? 'quarantined' : 'discovered',
    hold,
    reason: null,
    version: 0,
    createdAt: rfc3339(now),
    expiresAt: rfc3339(now + REGISTRATION_LIFE),
    nodeId: null,
    certSha256: null,
    activated: false,
  };
}

function created(parts: Parts, registration: RegistrationRecord): Answer {
  const location = `/conjurer/v1/registrations/${registration.registrationId}`;
  return json(201, registrationBody(parts, registration), { location });
}

/** Recomputed, never believed. */
function checkIdempotencyKey(given: string | null, clusterId: string, edgeName: string, spki: Buffer): void {
  if (given === null) throw new Refusal('idempotency_mismatch', 'the header Idempotency-Key is missing');
  const digest = createHash('sha256').update(`${clusterId}\0${edgeName}\0`).update(spki).digest('base64url');
  if (given.length !== digest.length || !timingSafeEqual(Buffer.from(given), Buffer.from(digest))) {
    throw new Refusal('idempotency_mismatch', 'Idempotency-Key does not fit cluster, edge name and key');
  }
}
