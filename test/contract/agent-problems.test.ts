import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultPatience } from '../../agent/controller/patience.ts';
import { WIRE_PROBLEMS } from '../../agent/controller/problem.ts';
import { errorTable } from '../../bootstrap/error-table.ts';
import { sha256Hex } from '../controller/pki/keys.ts';
import { failureOf, quickPatience } from '../support/agent-client.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { agent, bootstrap, closeAgents, situations, unique } from '../support/problem-situations.ts';
import { keyPem, makeMachine } from '../support/raw-agent.ts';

type Code = (typeof WIRE_PROBLEMS)[number];

/** The protocol's error table: HTTP status, code, class, exit status; and whether its situation spoils the lab. */
const rows: readonly (readonly [number, Code, 'retry' | 'wait' | 'terminal', number, boolean])[] = [
  [400, 'malformed', 'terminal', 78, false],
  [422, 'csr_invalid', 'terminal', 78, false],
  [422, 'idempotency_mismatch', 'terminal', 78, false],
  [401, 'client_cert_missing', 'terminal', 78, false],
  [401, 'client_cert_untrusted', 'terminal', 78, false],
  [401, 'client_cert_expired', 'terminal', 78, false],
  [401, 'client_cert_revoked', 'terminal', 77, false],
  [403, 'bootstrap_revoked', 'wait', 78, true],
  [403, 'bootstrap_expired', 'wait', 78, false],
  [403, 'quota_exhausted', 'wait', 75, true],
  [403, 'registration_denied', 'terminal', 77, false],
  [403, 'node_banned', 'terminal', 77, false],
  [403, 'wrong_cluster', 'terminal', 78, false],
  [403, 'wrong_role', 'terminal', 78, false],
  [404, 'cluster_unknown', 'wait', 75, true],
  [404, 'node_unknown', 'wait', 75, false],
  [404, 'registration_unknown', 'wait', 75, false],
  [404, 'not_found', 'terminal', 78, false],
  [405, 'method_not_allowed', 'terminal', 78, false],
  [409, 'not_approved', 'retry', 75, false],
  [409, 'not_activated', 'retry', 75, false],
  [409, 'already_activated', 'terminal', 75, false],
  [409, 'edge_name_conflict', 'wait', 75, false],
  [409, 'clone_suspected', 'wait', 75, false],
  [409, 'recovery_needs_approval', 'wait', 75, false],
  [409, 'image_too_new', 'wait', 75, false],
  [409, 'image_too_old', 'wait', 75, true],
  [409, 'image_blocked', 'wait', 75, true],
  [410, 'registration_expired', 'retry', 75, false],
  [410, 'node_decommissioned', 'terminal', 77, false],
  [413, 'too_large', 'terminal', 78, false],
  [429, 'rate_limited', 'retry', 75, true],
  [503, 'maintenance', 'retry', 75, false],
  [500, 'internal', 'retry', 75, false],
];

const closing: (() => Promise<unknown>)[] = [];
let shared: Lab;
beforeAll(async () => {
  shared = await openLab();
});
afterAll(async () => {
  await closeAgents();
  await Promise.all(closing.map(close => close()));
  await shared.close();
});

test('every code that can come over the wire has its row, and its class in the table is that of the protocol', () => {
  expect(rows.map(([, code]) => code).toSorted()).toEqual([...WIRE_PROBLEMS].toSorted());
  const named = Object.values(errorTable).filter(entry => 'problem' in entry);
  for (const [, code, kind, exit] of rows) {
    expect(named.find(({ problem }) => problem === code)).toMatchObject({ class: kind, status: exit });
  }
});

test.each(rows)('%d %s: %s, exit %d', async (status, problem, kind, exit, spoils) => {
  const lab = spoils ? await openLab() : shared;
  if (spoils) closing.push(lab.close);
  const error = await situations[problem](lab);
  expect(error.code).toBe(`E_${problem.toUpperCase()}`);
  expect(error).toMatchObject({
    exitStatus: exit,
    retry: { class: kind, authenticated: true },
    data: { status, problem },
  });
  expect(error.data.requestId).toMatch(/./);
  expect(error.data).not.toHaveProperty('classOnWire');
  expect(error.next).not.toBe('');
  if (kind !== 'retry') expect(error.retry?.retryAfterSeconds).toBeNull();
  if (problem === 'maintenance') expect(error.retry?.retryAfterSeconds).toBe(17);
  if (['edge_name_conflict', 'clone_suspected', 'recovery_needs_approval'].includes(problem)) {
    expect(error.data.claimCode).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    expect(error.data.keyFingerprint).toMatch(/^SHA256:/);
    expect(error.data.registrationId).toMatch(/^reg-/);
  }
});

describe('faults of a real Controller', () => {
  test.each([
    [{ kind: 'html', status: 200 }, 'E_ANSWER_FOREIGN'],
    [{ kind: 'html', status: 502 }, 'E_ANSWER_FOREIGN'],
    [{ kind: 'redirect' }, 'E_ANSWER_FOREIGN'],
    [{ kind: 'cut-body' }, 'E_ANSWER_FOREIGN'],
    [{ kind: 'stalled-body' }, 'E_CONTROLLER_UNREACHABLE'],
    [{ kind: 'stalled-headers' }, 'E_CONTROLLER_UNREACHABLE'],
    [{ kind: 'lost-answer' }, 'E_CONTROLLER_UNREACHABLE'],
    [{ kind: 'oversized-body' }, 'E_ANSWER_FOREIGN'],
    [{ kind: 'gzip-bomb' }, 'E_ANSWER_FOREIGN'],
    [{ kind: 'hostile-retry-after' }, 'E_RATE_LIMITED'],
    [{ kind: 'unknown-problem' }, 'E_PROBLEM_UNKNOWN'],
  ] as const)('%j is %s, and the next call succeeds', async (fault, code) => {
    await shared.controller.admin.fault({ ...fault, count: 1 });
    const controller = bootstrap(shared, fault.kind.startsWith('stalled') ? quickPatience : defaultPatience);
    expect((await failureOf(controller.meta('bootstrap'))).code).toBe(code);
    expect(await bootstrap(shared).meta('bootstrap')).toMatchObject({ clusterId: shared.clusterId });
  });

  test.each([
    ['expired-server-certificate', 'E_CLOCK_WRONG'],
    ['foreign-server-certificate', 'E_CONTROLLER_UNTRUSTED'],
  ] as const)('%s is %s', async (kind, code) => {
    const lab = await openLab();
    closing.push(lab.close);
    await lab.controller.admin.fault({ kind });
    expect(await failureOf(bootstrap(lab).meta('bootstrap'))).toMatchObject({ code, retry: { class: 'wait' } });
  });
});

test('the way in, by the client of the agent', async () => {
  const shape = unique();
  const machine = await makeMachine(shared.clusterId, shape);
  const first = bootstrap(shared);
  const meta = await first.meta('bootstrap');
  const registered = await first.register(meta.clusterId, machine.body, machine.idempotencyKey);
  const { registrationId, keyFingerprint } = registered;
  const before = await first.registration(registrationId, { etag: null, waitSeconds: 0 });
  if (!before.changed) throw new Error('the first poll has no ETag to compare with');
  const waiting = first.registration(registrationId, { etag: before.etag, waitSeconds: 2 });
  await shared.controller.admin.approve(registrationId, keyFingerprint);
  expect(await waiting).toMatchObject({ changed: true, registration: { state: 'approved' } });
  const issued = await first.certificate(registrationId);

  const node = agent(shared, { key: Buffer.from(keyPem(machine.key)), cert: Buffer.from(issued.chain) });
  const certSha256 = sha256Hex(new X509Certificate(issued.chain).raw);
  const activation = JSON.stringify({ registrationId, certSha256, bootId: 'boot-1' });
  const { joinState } = await node.activate(issued.nodeId, activation, registered.joinState);
  const batch = await node.events(issued.nodeId, JSON.stringify({ seq: 1, events: [] }), joinState);
  expect(batch).toMatchObject({ ackSeq: 1 });
  await node.decommission(issued.nodeId, batch.joinState);
});
