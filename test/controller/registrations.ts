import { randomBytes } from 'node:crypto';
import type { Registration } from '../../agent/controller/protocol.ts';
import { DAY, rfc3339 } from './clock.ts';
import { firstJoinState, newJoinChain } from './join-state.ts';
import type { Parts } from './parts.ts';
import { Refusal } from './problems.ts';
import type { Hold, NodeRecord, RegistrationRecord } from './records.ts';

export const REGISTRATION_LIFE = 30 * DAY;

export function newId(kind: 'reg' | 'node' | 'boot'): string {
  return `${kind}-${randomBytes(8).toString('hex')}`;
}

/** Writes a change of a registration, so that long-polls and watchers see it. */
export function saveRegistration(parts: Parts, registration: RegistrationRecord): RegistrationRecord {
  const saved = { ...registration, version: registration.version + 1 };
  parts.records.registrations.put(saved.registrationId, saved);
  // After the commit: who is woken must read what is on disk.
  queueMicrotask(() => {
    parts.changes.emit('registration', saved);
    const at = rfc3339(parts.clock.now());
    parts.changes.emit('change', { kind: 'registration', at, subject: saved.registrationId, state: saved.state });
  });
  return saved;
}

/** Reads a registration; one that nobody decided in 30 days is expired from then on. */
export function currentRegistration(parts: Parts, registration: RegistrationRecord): RegistrationRecord {
  const undecided = registration.state === 'discovered' || registration.state === 'quarantined';
  if (!undecided || registration.expiresAt > rfc3339(parts.clock.now())) return registration;
  return saveRegistration(parts, { ...registration, state: 'expired', hold: null });
}

/** Of the cluster of the certificate; that of another cluster is as unknown as none. */
export function findRegistration(parts: Parts, registrationId: string, clusterId: string): RegistrationRecord {
  const registration = parts.records.registrations.get(registrationId);
  if (registration?.clusterId !== clusterId) {
    throw new Refusal('registration_unknown', `registration ${registrationId} is not known here`);
  }
  return currentRegistration(parts, registration);
}

/** What calls 1 and 2 answer. */
export function registrationBody(parts: Parts, registration: RegistrationRecord): Registration {
  const { registrationId, state, reason, keyFingerprint, claimCode, expiresAt } = registration;
  const decided = state === 'approved' || state === 'denied';
  return {
    registrationId,
    state,
    ...(reason === null ? {} : { reason }),
    keyFingerprint,
    claimCode,
    expiresAt: decided ? null : expiresAt,
    joinState: firstJoinState(parts.joinSecret, registration),
  };
}

/** The node that has this name in the cluster. Approved ones count before activation, decommissioned ones do not. */
export function activeNode(parts: Parts, clusterId: string, edgeName: string): NodeRecord | null {
  const nodes = parts.records.nodes.list({ clusterId, edgeName });
  return nodes.find(({ state }) => state !== 'decommissioned') ?? null;
}

/**
 * Approves a registration: a new node, or, where the name is active, the same node under the new key.
 * A name that became active since call 1 makes a plain registration a held one; approving that again takes it over.
 */
export function approve(parts: Parts, registration: RegistrationRecord, actor: string): RegistrationRecord {
  const { clusterId, edgeName, registrationId } = registration;
  const owner = activeNode(parts, clusterId, edgeName);
  if (owner?.state === 'banned') throw new Refusal('admin_conflict', `node ${owner.nodeId} of that name is banned`);
  if (owner && registration.hold === null && registration.state !== 'quarantined') {
    saveRegistration(parts, { ...registration, hold: 'edge_name_conflict' });
    throw new Refusal(
      'edge_name_conflict',
      `node ${owner.nodeId} has this name by now; approve once more to give this machine its place`,
    );
  }
  return parts.store.transaction(() => {
    const nodeId = owner ? takeOver(parts, owner, registration) : createNode(parts, registration);
    parts.audit(actor, 'approve', registrationId, { edgeName, nodeId, recovered: owner !== null });
    return saveRegistration(parts, { ...registration, state: 'approved', hold: null, reason: null, nodeId });
  });
}

/** A registration that nothing holds: approved where the cluster does so by itself, else left to a person. */
export function admitNew(parts: Parts, registration: RegistrationRecord, autoApprove: boolean): RegistrationRecord {
  if (autoApprove) return approve(parts, registration, 'auto-approve');
  return saveRegistration(parts, registration);
}

export function holdProblem(hold: Hold, registration: RegistrationRecord): Refusal {
  return new Refusal(hold, HOLD_DETAIL[hold], { held: registration });
}

const HOLD_DETAIL = {
  edge_name_conflict: 'a machine with other hardware is active under this name; an admin decides',
  recovery_needs_approval: 'a machine that is known comes back with a new key or request; an admin decides',
  clone_suspected: 'the same key came from other hardware; an admin decides',
} as const satisfies Record<Hold, string>;

function createNode(parts: Parts, registration: RegistrationRecord): string {
  const nodeId = newId('node');
  const now = rfc3339(parts.clock.now());
  parts.records.nodes.put(nodeId, {
    nodeId,
    clusterId: registration.clusterId,
    edgeName: registration.edgeName,
    registrationId: registration.registrationId,
    state: 'approved',
    stateBeforeBan: null,
    hardware: registration.request.hardware,
    join: newJoinChain(registration),
    config: null,
    appliedGeneration: 0,
    refusedGeneration: 0,
    ackSeq: 0,
    action: 'none',
    operator: null,
    handoff: null,
    facts: null,
    createdAt: now,
    lastSeenAt: now,
  });
  return nodeId;
}

/** The same node id for another key: every certificate of before ends, and all that the old disk knew starts anew. */
function takeOver(parts: Parts, node: NodeRecord, registration: RegistrationRecord): string {
  for (const certificate of parts.records.certificates.list({ subject: node.nodeId })) {
    if (certificate.revoked) continue;
    const revoked = `the machine was enrolled again by ${registration.registrationId}`;
    parts.records.certificates.put(certificate.sha256, { ...certificate, revoked });
  }
  const before = parts.records.registrations.get(node.registrationId);
  if (before && !before.activated) {
    const reason = `superseded by ${registration.registrationId}`;
    saveRegistration(parts, { ...before, state: 'denied', reason });
  }
  parts.records.nodes.put(node.nodeId, {
    ...node,
    registrationId: registration.registrationId,
    state: 'approved',
    hardware: registration.request.hardware,
    join: newJoinChain(registration),
    appliedGeneration: 0,
    refusedGeneration: 0,
    ackSeq: 0,
    action: 'none',
    operator: null,
    handoff: null,
  });
  return node.nodeId;
}
