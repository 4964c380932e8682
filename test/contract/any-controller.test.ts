import { randomBytes, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimCode, keyFingerprint } from '../../agent/controller/identity/fingerprint.ts';
import { verifyIssuedChain } from '../../agent/controller/identity/issued-chain.ts';
import {
  Activation,
  EventsAnswer,
  IssuedCertificate,
  Meta,
  NodeCertificate,
  Problem,
  Registration,
} from '../../agent/controller/protocol.ts';
import { verifyConfigDocument, verifySignedTime } from '../../agent/controller/signed-document.ts';
import { newP256Key } from '../controller/pki/keys.ts';
import { keyPem, makeCsr, makeMachine, type RawAnswer, type RawClient, type RawMachine } from '../support/raw-agent.ts';
import { openSubject, type Subject } from '../support/subject.ts';

/** What every Controller must do, asked as an agent asks it: no admin call, so that the suite runs against any. */
let subject: Subject;
beforeAll(async () => {
  subject = await openSubject();
});
afterAll(() => subject.close());

interface Node {
  readonly machine: RawMachine;
  readonly registrationId: string;
  readonly nodeId: string;
  readonly chain: string;
  readonly client: RawClient;
  joinState: string;
}

const uniqueHardware = () => ({ smbiosUuid: null, serial: randomBytes(8).toString('hex') });
const newMachine = (what: string) =>
  makeMachine(subject.credentials.clusterId, { edgeName: subject.newName(what), ...uniqueHardware() });

function register(machine: RawMachine, headers: Record<string, string> = {}): Promise<RawAnswer> {
  return subject.bootstrap.send('POST', `/clusters/${subject.credentials.clusterId}/registrations`, {
    headers: { 'idempotency-key': machine.idempotencyKey, ...headers },
    body: machine.body,
  });
}

async function enrol(what: string): Promise<Node> {
  const machine = await newMachine(what);
  const { registrationId, joinState } = Registration.parse((await register(machine)).json);
  const issued = await subject.bootstrap.send('GET', `/registrations/${registrationId}/certificate`);
  const { nodeId, chain } = NodeCertificate.parse(issued.json);
  const client = subject.client({ cert: chain, key: keyPem(machine.key) });
  return { machine, registrationId, nodeId, chain, client, joinState };
}

async function activate(what: string): Promise<Node> {
  const node = await enrol(what);
  node.joinState = Activation.parse((await sendActivation(node, 'boot-1', node.joinState)).json).joinState;
  return node;
}

function sendActivation(node: Node, bootId: string, joinState: string | null): Promise<RawAnswer> {
  const certSha256 = new X509Certificate(node.chain).fingerprint256.replaceAll(':', '').toLowerCase();
  return node.client.send('PUT', `/nodes/${node.nodeId}/activation`, {
    headers: joinState === null ? {} : { 'conjurer-join-state': joinState },
    body: { registrationId: node.registrationId, certSha256, bootId },
  });
}

function call(node: Node, method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<RawAnswer> {
  const headers = { 'conjurer-join-state': node.joinState };
  return node.client.send(method, `/nodes/${node.nodeId}${path}`, { headers, body });
}

/** Status and code of a problem that has the form of RFC 9457 with the protocol's fields. */
function problem(answer: RawAnswer): string {
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  const { status, code, type, retryAfter } = Problem.parse(answer.json);
  expect(status).toBe(answer.status);
  expect(type).toBe(`urn:conjurer:problem:${code}`);
  expect(answer.headers['retry-after'] ?? null).toBe(retryAfter === null ? null : String(retryAfter));
  return `${status} ${code}`;
}

describe('before the activation', () => {
  test('call 0', async () => {
    const meta = Meta.parse((await subject.bootstrap.send('GET', '/meta')).json);
    expect(meta).toMatchObject({ clusterId: subject.credentials.clusterId, autoApprove: true });
    expect(meta.apiVersions).toContain('v1');
  });

  test('call 1: 201 with a Location, then 200 for the same bytes; the fingerprint is the key’s', async () => {
    const machine = await newMachine('first');
    const first = await register(machine);
    const made = Registration.parse(first.json);
    expect([first.status, made.state]).toEqual([201, 'approved']);
    expect(first.headers.location).toContain(made.registrationId);
    expect([made.keyFingerprint, made.claimCode]).toEqual([
      keyFingerprint(machine.key.spki),
      claimCode(machine.key.spki),
    ]);
    const again = await register(machine);
    expect([again.status, again.json.registrationId]).toEqual([200, made.registrationId]);
  });

  test('call 1: an idempotency key that is missing or does not fit, and other bytes, are refused', async () => {
    const machine = await newMachine('bytes');
    expect(problem(await register(machine, { 'idempotency-key': 'A'.repeat(43) }))).toBe('422 idempotency_mismatch');
    await register(machine);
    const other = { ...machine, body: machine.body.replace('"agentVersion":"0.1.0"', '"agentVersion":"0.1.1"') };
    expect(problem(await register(other))).toBe('422 idempotency_mismatch');
  });

  test('call 1: what is no request, and what is too large, are refused', async () => {
    const machine = await newMachine('malformed');
    expect(problem(await register({ ...machine, body: '{"edgeName": 1' }))).toBe('400 malformed');
    const padded = { ...machine, body: machine.body.padEnd(1024 * 1024 + 1, ' ') };
    expect(problem(await register(padded))).toBe('413 too_large');
  });

  test('call 2: always an ETag, and 304 with Retry-After when nothing has changed', async () => {
    const { registrationId } = Registration.parse((await register(await newMachine('poll'))).json);
    const seen = await subject.bootstrap.send('GET', `/registrations/${registrationId}`);
    Registration.parse(seen.json);
    expect(seen.headers.etag).toBeTruthy();
    const headers = { 'if-none-match': String(seen.headers.etag) };
    expect((await subject.bootstrap.send('GET', `/registrations/${registrationId}`, { headers })).status).toBe(304);
  });

  test('call 3: a certificate for this key, by the pinned CA, under the node’s name, the same each time', async () => {
    const node = await enrol('issued');
    verifyIssuedChain({
      chain: node.chain,
      keyPem: Buffer.from(keyPem(node.machine.key)),
      cas: subject.credentials.cas,
      san: `urn:conjurer:node:${node.nodeId}`,
      now: new Date(),
    });
    const again = await subject.bootstrap.send('GET', `/registrations/${node.registrationId}/certificate`);
    expect(again.json.chain).toBe(node.chain);
  });

  test('call 11: the time, signed, without a certificate', async () => {
    const nonce = randomBytes(24).toString('base64url');
    const answer = await subject.client(null).send('GET', `/time?nonce=${nonce}`);
    const now = await verifySignedTime(answer.text, { configKeys: subject.credentials.configKeys, nonce });
    expect(Math.abs(now.getTime() - Date.now())).toBeLessThan(60_000);
  });

  test('who may not', async () => {
    const nobody = subject.client(null);
    expect(problem(await nobody.send('GET', '/meta'))).toBe('401 client_cert_missing');
    const other = await subject.bootstrap.send('POST', '/clusters/another-cluster/registrations', { body: {} });
    expect(problem(other)).toBe('403 wrong_cluster');
    const { client } = await enrol('role');
    const machine = await newMachine('role-2');
    const path = `/clusters/${subject.credentials.clusterId}/registrations`;
    const headers = { 'idempotency-key': machine.idempotencyKey };
    expect(problem(await client.send('POST', path, { headers, body: machine.body }))).toBe('403 wrong_role');
  });

  test('what is not there', async () => {
    expect(problem(await subject.bootstrap.send('GET', '/no-such-call'))).toBe('404 not_found');
    expect(problem(await subject.bootstrap.send('DELETE', '/meta'))).toBe('405 method_not_allowed');
    expect(problem(await subject.bootstrap.send('GET', '/registrations/no-such-registration'))).toBe(
      '404 registration_unknown',
    );
  });
});

describe('the join state', () => {
  test('a lost answer is repeated; what is stale, forged or missing is told apart', async () => {
    const node = await enrol('lineage');
    const before = node.joinState;
    const first = Activation.parse((await sendActivation(node, 'boot-1', before)).json);
    const repeated = await sendActivation(node, 'boot-1', before);
    expect(repeated.status).toBe(200);
    node.joinState = Activation.parse(repeated.json).joinState;
    expect(first.state).toBe('activated');
    const advanced = Activation.parse((await sendActivation(node, 'boot-2', node.joinState)).json);
    expect(problem(await sendActivation(node, 'boot-1', before))).toBe('409 clone_suspected');
    node.joinState = advanced.joinState;
    expect((await call(node, 'POST', '/events', { seq: 1, events: [] })).status).toBe(200);
    expect((await sendActivation(node, 'boot-2', 'forged.join.state')).status).toBe(400);
    expect((await sendActivation(node, 'boot-2', null)).status).toBe(400);
  });

  test('after the activation the bootstrap side is told so', async () => {
    const { registrationId } = await activate('done');
    for (const path of [`/registrations/${registrationId}`, `/registrations/${registrationId}/certificate`]) {
      expect(problem(await subject.bootstrap.send('GET', path))).toBe('409 already_activated');
    }
  });
});

describe('an activated node', () => {
  test('call 5: 202 with Retry-After, or a document that verifies under the nonce', async () => {
    const node = await activate('config');
    const nonce = randomBytes(24).toString('base64url');
    const answer = await call(node, 'GET', `/config?nonce=${nonce}`);
    if (answer.status === 202) {
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      return;
    }
    const { clusterId, configKeys } = subject.credentials;
    const expected = { configKeys, clusterId, nodeId: node.nodeId, nonce, applied: null };
    expect((await verifyConfigDocument(answer.text, expected)).document.aud).toBe(node.nodeId);
  });

  test('call 6: batches are numbered, and an old number is acknowledged again', async () => {
    const node = await activate('events');
    const event = { id: 'event-1', at: '2026-01-31T08:00:00Z', code: 'x', level: 'info', message: 'x' };
    const first = EventsAnswer.parse((await call(node, 'POST', '/events', { seq: 5, events: [event] })).json);
    expect(first.ackSeq).toBe(5);
    node.joinState = first.joinState;
    expect(EventsAnswer.parse((await call(node, 'POST', '/events', { seq: 3, events: [] })).json).ackSeq).toBe(5);
  });

  test('call 7', async () => {
    expect((await call(await activate('facts'), 'PUT', '/facts', { schema: 'conjurer.facts/v1' })).status).toBe(204);
  });

  test('call 9: a new key gets a certificate, the same request the same one, a used key none', async () => {
    const node = await activate('renewal');
    const { clusterId } = subject.credentials;
    const key = newP256Key();
    const csr = await makeCsr(key, clusterId, node.machine.edgeName);
    const renewed = IssuedCertificate.parse((await call(node, 'POST', '/certificates', { csr })).json);
    const { cas } = subject.credentials;
    const san = `urn:conjurer:node:${node.nodeId}`;
    verifyIssuedChain({ chain: renewed.chain, keyPem: Buffer.from(keyPem(key)), cas, san, now: new Date() });
    expect((await call(node, 'POST', '/certificates', { csr })).json.chain).toBe(renewed.chain);
    const used = await makeCsr(node.machine.key, clusterId, node.machine.edgeName);
    expect(problem(await call(node, 'POST', '/certificates', { csr: used }))).toBe('422 csr_invalid');
  });

  test('calls 8, 13 and 14: ready only after the operator itself has called', async () => {
    const node = await activate('operator');
    const { clusterId, cas } = subject.credentials;
    const own = await makeCsr(node.machine.key, clusterId, node.machine.edgeName);
    expect(problem(await call(node, 'POST', '/operator/certificate', { csr: own }))).toBe('422 csr_invalid');
    const key = newP256Key();
    const csr = await makeCsr(key, clusterId, node.machine.edgeName);
    const issued = IssuedCertificate.parse((await call(node, 'POST', '/operator/certificate', { csr })).json);
    const san = `urn:conjurer:operator:${node.nodeId}`;
    verifyIssuedChain({ chain: issued.chain, keyPem: Buffer.from(keyPem(key)), cas, san, now: new Date() });

    const handoff = {
      configGeneration: 0,
      cluster: { distribution: 'none', version: null, role: null, nodeName: null },
      operator: { name: 'operator', version: '1.0.0', ready: true },
      evidence: [],
    };
    const early = await call(node, 'PUT', '/handoff', handoff);
    expect([early.status, early.json.state]).toEqual([202, 'provisioned']);
    expect(Number(early.headers['retry-after'])).toBeGreaterThan(0);
    const operator = subject.client({ cert: issued.chain, key: keyPem(key) });
    const heartbeat = await operator.send('POST', `/operators/${node.nodeId}/heartbeat`, {
      body: {
        at: '2026-01-31T08:00:00Z',
        cluster: { version: null, nodesReady: 0, nodesTotal: 0, nodes: [] },
        addons: [],
      },
    });
    expect(heartbeat.status).toBe(202);
    const ready = await call(node, 'PUT', '/handoff', handoff);
    expect([ready.status, ready.json.state]).toEqual([200, 'ready']);
  });

  test('call 10: is repeated with success, and everything else is over', async () => {
    const node = await activate('leaves');
    expect((await call(node, 'DELETE', '')).status).toBe(204);
    expect((await call(node, 'DELETE', '')).status).toBe(204);
    expect(problem(await call(node, 'POST', '/events', { seq: 1, events: [] }))).toBe('410 node_decommissioned');
  });
});
