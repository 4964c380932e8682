import { createHmac, timingSafeEqual } from 'node:crypto';
import { rfc3339 } from './clock.ts';
import type { Parts } from './parts.ts';
import { sha256Hex } from './pki/keys.ts';
import { Refusal } from './problems.ts';
import type { JoinChain, NodeRecord, RegistrationRecord } from './records.ts';

/** How a join state relates to the chain of its node. */
export type JoinPosition = 'current' | 'previous' | 'released';

/** `1.<registration>.<sequence>.<boot>.<mac>`: signed, so that a forged one is told from a stale one. */
export function joinStateOf(secret: Buffer, registrationId: string, sequence: number, boot: string): string {
  const text = `1.${registrationId}.${sequence}.${boot}`;
  return `${text}.${mac(secret, text)}`;
}

/** The first state, which calls 1 and 2 carry. */
export function firstJoinState(secret: Buffer, registration: RegistrationRecord): string {
  return joinStateOf(secret, registration.registrationId, 0, bootMark(registration.request.bootId));
}

export function newJoinChain(registration: RegistrationRecord): JoinChain {
  const boot = bootMark(registration.request.bootId);
  return { current: 0, boot, previous: null, request: null, answer: null, released: null };
}

export function bootMark(bootId: string | null): string {
  return sha256Hex(bootId ?? '').slice(0, 16);
}

/** Throws malformed for a forged or missing state, clone_suspected (and lists it for the admin) for a stale one. */
export function placeJoinState(parts: Parts, node: NodeRecord, presented: string | null, call: string): JoinPosition {
  const { sequence, boot, registrationId } = open(parts, node, presented);
  const { current, previous, released } = node.join;
  if (registrationId === node.registrationId) {
    // A higher one comes from this Controller too, from before it was restored from a backup.
    if (sequence >= current) return 'current';
    if (sequence === released) return 'released';
    if (sequence === previous) return 'previous';
  }
  return suspect(parts, node, sequence, boot, call);
}

/**
 * Calls 4 and 6: runs `work` and moves the chain on, or answers again what was answered before when the same request
 * comes with the state before. `work` gets the state that its answer hands out and returns the answer's text.
 */
export function advanceJoinState(
  parts: Parts,
  node: NodeRecord,
  request: { presented: string | null; call: string; body: Buffer; boot: string },
  work: (joinState: string) => string,
): string {
  const digest = sha256Hex(Buffer.concat([Buffer.from(`${request.call}\0`), request.body]));
  const position = placeJoinState(parts, node, request.presented, request.call);
  const { sequence, boot } = open(parts, node, request.presented);
  if (position !== 'current') {
    if (sequence === node.join.previous && digest === node.join.request && node.join.answer) return node.join.answer;
    if (position === 'previous') return suspect(parts, node, sequence, boot, request.call);
  }
  return parts.store.transaction(() => {
    const next = Math.max(node.join.current, sequence) + 1;
    const answer = work(joinStateOf(parts.joinSecret, node.registrationId, next, request.boot));
    const changed = parts.records.nodes.get(node.nodeId) ?? node;
    const released = position === 'released' ? null : node.join.released;
    const join = { current: next, boot: request.boot, previous: sequence, request: digest, answer, released };
    parts.records.nodes.put(node.nodeId, { ...changed, join });
    return answer;
  });
}

function suspect(parts: Parts, node: NodeRecord, sequence: number, boot: string, call: string): never {
  const id = `${node.nodeId}/${node.registrationId}/${sequence}`;
  const lastAt = rfc3339(parts.clock.now());
  const before = parts.records.suspicions.get(id);
  const times = (before?.times ?? 0) + 1;
  const firstAt = before?.firstAt ?? lastAt;
  parts.records.suspicions.put(id, {
    nodeId: node.nodeId,
    sequence,
    boot,
    call,
    firstAt,
    lastAt,
    times,
    state: 'open',
  });
  if (before?.state !== 'open') {
    parts.audit('controller', 'clone suspected', node.nodeId, { sequence, current: node.join.current, call });
  }
  const change = { kind: 'suspicion', at: lastAt, subject: node.nodeId, state: 'open' } as const;
  queueMicrotask(() => parts.changes.emit('change', change));
  const detail = `the join state is number ${sequence} of this node, its last is ${node.join.current}`;
  const registration = parts.records.registrations.get(node.registrationId);
  throw new Refusal('clone_suspected', detail, registration ? { held: registration } : {});
}

interface OpenedJoinState {
  readonly registrationId: string;
  readonly sequence: number;
  readonly boot: string;
}

const FORM = /^(1\.([a-z0-9-]+)\.(\d{1,9})\.([0-9a-f]{16}))\.([A-Za-z0-9_-]{43})$/;

function open(parts: Parts, node: NodeRecord, presented: string | null): OpenedJoinState {
  if (presented === null) throw new Refusal('malformed', 'the header Conjurer-Join-State is missing');
  const [, text = '', registrationId = '', sequence = '', boot = '', seal = ''] = FORM.exec(presented) ?? [];
  if (!timingSafeEqual(Buffer.from(mac(parts.joinSecret, text)), Buffer.from(seal.padEnd(43)))) {
    throw new Refusal('malformed', 'the join state was not made by this Controller');
  }
  if (parts.records.registrations.get(registrationId)?.nodeId !== node.nodeId) {
    throw new Refusal('malformed', 'the join state belongs to another node');
  }
  return { registrationId, sequence: Number(sequence), boot };
}

function mac(secret: Buffer, text: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url');
}
