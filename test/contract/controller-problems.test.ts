import { connect } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthority } from '../controller/pki/authority.ts';
import { newP256Key } from '../controller/pki/keys.ts';
import { problemKinds } from '../controller/problems.ts';
import { type Lab, type LabNode, openLab, sendActivation } from '../support/lab.ts';
import { bootstrapIdentity, keyPem, makeCsr, makeMachine, type RawAnswer } from '../support/raw-agent.ts';

const NONCE = 'A'.repeat(22);
const YEAR = 365 * 86_400;

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

const seen = new Set<string>();

/** The answer is this problem, with the status, class and Retry-After that the table gives it. */
function expectProblem(answer: RawAnswer, code: keyof typeof problemKinds): void {
  const kind = problemKinds[code];
  expect(answer.json, answer.text).toMatchObject({
    type: `urn:conjurer:problem:${code}`,
    title: kind.title,
    status: kind.status,
    code,
    class: kind.class,
    requestId: expect.any(String),
  });
  expect(answer.status).toBe(kind.status);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  if (kind.class !== 'retry') expect(answer.json.retryAfter).toBeNull();
  const inHeader = answer.json.retryAfter === null ? undefined : String(answer.json.retryAfter);
  expect(answer.headers['retry-after']).toBe(inHeader);
  seen.add(code);
}

const joined = (node: LabNode) => ({ 'conjurer-join-state': node.joinState });
const admin = () => lab.controller.admin;
const facts = (node: LabNode) =>
  node.client.send('PUT', `/nodes/${node.nodeId}/facts`, { headers: joined(node), body: {} });
let count = 0;
const name = (): string => {
  count += 1;
  return `edge-${count}`;
};
const fresh = async () => ({ edgeName: name(), smbiosUuid: `uuid-${count}` });

describe('400, 404, 405, 413, 422', () => {
  test.each([
    ['not JSON', '{"edgeName":', 'application/json'],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'application/json'],
    ['another type', '{}', 'text/plain'],
    ['a field missing', '{}', 'application/json'],
    ['a field of another shape', JSON.stringify({ edgeName: '../../etc' }), 'application/json'],
  ])('malformed: a body that is %s', async (_, body, contentType) => {
    const path = `/clusters/${lab.clusterId}/registrations`;
    expectProblem(await lab.bootstrap.send('POST', path, { body, contentType }), 'malformed');
  });

  test('malformed: nonce, id, join state, certSha256, encoding', async () => {
    const node = await lab.enrol(await fresh());
    expectProblem(await lab.client(null).send('GET', '/time?nonce=short'), 'malformed');
    expectProblem(await lab.bootstrap.send('GET', '/registrations/UPPER'), 'malformed');
    const body = { registrationId: node.registrationId, certSha256: 'ab'.repeat(32), bootId: null };
    const path = `/nodes/${node.nodeId}/activation`;
    expectProblem(await node.client.send('PUT', path, { headers: joined(node), body }), 'malformed');
    expectProblem(await node.client.send('PUT', path, { body: { ...body, certSha256: node.certSha256 } }), 'malformed');
    const forged = { 'conjurer-join-state': node.joinState.replace(/.$/, last => (last === 'A' ? 'B' : 'A')) };
    expectProblem(
      await node.client.send('PUT', path, { headers: forged, body: { ...body, certSha256: node.certSha256 } }),
      'malformed',
    );
    const brotli = { 'content-encoding': 'br', ...joined(node) };
    expectProblem(await node.client.send('PUT', path, { headers: brotli, body }), 'malformed');
    const cut = { 'content-encoding': 'gzip', ...joined(node) };
    expectProblem(
      await node.client.send('PUT', path, { headers: cut, body: gzipSync('{"a":1}').subarray(0, 15) }),
      'malformed',
    );
  });

  test('malformed: what is not HTTP', async () => {
    const { hostname, port } = new URL(lab.controller.url);
    const socket = connect({ host: hostname, port: Number(port), ca: lab.controller.ca });
    socket.end('NOT HTTP AT ALL\r\n\r\n');
    const text = (await socket.setEncoding('utf8').toArray()).join('');
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toMatchObject({ code: 'malformed', class: 'terminal' });
  });

  test('a gzip body is read', async () => {
    const node = await lab.activate(await fresh());
    const answer = await node.client.send('PUT', `/nodes/${node.nodeId}/facts`, {
      headers: { 'content-encoding': 'gzip', ...joined(node) },
      body: gzipSync('{"a":1}'),
    });
    expect(answer.status).toBe(204);
  });

  test('csr_invalid: no request, another curve, a signature that does not fit, a key used before', async () => {
    const machine = await makeMachine(lab.clusterId, await fresh());
    const request = JSON.parse(machine.body);
    const headers = { 'idempotency-key': machine.idempotencyKey };
    const send = (csr: string) =>
      lab.bootstrap.send('POST', `/clusters/${lab.clusterId}/registrations`, { headers, body: { ...request, csr } });
    expectProblem(await send('nonsense'), 'csr_invalid');
    expectProblem(await send(`${request.csr}${request.csr}`), 'csr_invalid');
    const der = Buffer.from(request.csr.replace(/-----[^-]+-----|\n/g, ''), 'base64');
    der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
    const lines = der
      .toString('base64')
      .match(/.{1,64}/g)
      ?.join('\n');
    const broken = `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`;
    expectProblem(await send(broken), 'csr_invalid');

    const node = await lab.activate(await fresh());
    const csr = await makeCsr(node.machine.key, lab.clusterId, 'again');
    for (const path of ['certificates', 'operator/certificate']) {
      const target = `/nodes/${node.nodeId}/${path}`;
      expectProblem(await node.client.send('POST', target, { headers: joined(node), body: { csr } }), 'csr_invalid');
    }
  });

  test('idempotency_mismatch: header missing, of another name, other bytes under a live registration', async () => {
    const machine = await makeMachine(lab.clusterId, await fresh());
    const path = `/clusters/${lab.clusterId}/registrations`;
    expectProblem(await lab.bootstrap.send('POST', path, { body: machine.body }), 'idempotency_mismatch');
    const headers = { 'idempotency-key': 'x'.repeat(43) };
    expectProblem(await lab.bootstrap.send('POST', path, { headers, body: machine.body }), 'idempotency_mismatch');
    expect((await lab.register(machine)).status).toBe(201);
    expectProblem(await lab.register({ ...machine, body: `${machine.body} ` }), 'idempotency_mismatch');
  });

  test('not_found, method_not_allowed', async () => {
    expectProblem(await lab.bootstrap.send('GET', '/no/such/call'), 'not_found');
    const answer = await lab.bootstrap.send('DELETE', '/meta');
    expectProblem(answer, 'method_not_allowed');
    expect(answer.headers.allow).toBe('GET');
  });

  test('too_large: plain, and a small gzip of a large body', async () => {
    const path = `/clusters/${lab.clusterId}/registrations`;
    const large = Buffer.alloc(1024 * 1024 + 1, ' ');
    expectProblem(await lab.bootstrap.send('POST', path, { body: large }), 'too_large');
    const headers = { 'content-encoding': 'gzip' };
    expectProblem(await lab.bootstrap.send('POST', path, { headers, body: gzipSync(large) }), 'too_large');
    expect((await lab.bootstrap.send('GET', '/meta')).status).toBe(200);
  });
});

describe('401 and 403: who calls', () => {
  test('client_cert_missing, client_cert_untrusted', async () => {
    expectProblem(await lab.client(null).send('GET', '/meta'), 'client_cert_missing');
    const foreign = await createAuthority('conjurer controller CA', new Date(0), new Date('2040-01-01'));
    const key = newP256Key();
    const cert = await foreign.issue({
      spki: key.spki,
      subject: [{ CN: ['x'] }],
      sans: [{ type: 'url', value: `urn:conjurer:cluster:${lab.clusterId}` }],
      usage: 'client',
      from: new Date(0),
      to: new Date('2040-01-01'),
    });
    expectProblem(await lab.client({ cert, key: keyPem(key) }).send('GET', '/meta'), 'client_cert_untrusted');
  });

  test('client_cert_expired, bootstrap_expired: by the clock of the Controller', async () => {
    const node = await lab.activate(await fresh());
    const pair = await admin().makeCredentials(lab.clusterId, { notAfter: '2026-01-02T00:00:00Z', lock: 'scrypt' });
    expectProblem(await lab.client(bootstrapIdentity(pair)).send('GET', '/meta'), 'bootstrap_expired');
    await admin().fault({ kind: 'clock-skew', seconds: YEAR });
    const late = await lab.client(node.identity, false).send('GET', '/meta');
    await admin().faultOff();
    expectProblem(late, 'client_cert_expired');
    expect((await facts(node)).status).toBe(204);
  });

  test('client_cert_revoked, bootstrap_revoked: from the next request on', async () => {
    const node = await lab.activate(await fresh());
    await admin().revoke(node.nodeId);
    expectProblem(await facts(node), 'client_cert_revoked');
    await admin().createCluster({ lock: 'scrypt', clusterId: 'revoked' });
    const old = lab.client(bootstrapIdentity(await admin().makeCredentials('revoked', { lock: 'scrypt' })));
    expect((await old.send('GET', '/meta')).status).toBe(200);
    await admin().revokeBootstrap('revoked');
    expectProblem(await old.send('GET', '/meta'), 'bootstrap_revoked');
    const replaced = lab.client(bootstrapIdentity(await admin().makeCredentials('revoked', { lock: 'scrypt' })));
    expect((await replaced.send('GET', '/meta')).status).toBe(200);
  });

  test('wrong_cluster, whether or not the other exists', async () => {
    await admin().createCluster({ lock: 'scrypt', clusterId: 'other' });
    const { body } = await makeMachine('other', await fresh());
    for (const cluster of ['other', 'does-not-exist']) {
      expectProblem(await lab.bootstrap.send('POST', `/clusters/${cluster}/registrations`, { body }), 'wrong_cluster');
    }
  });

  test('wrong_role: bootstrap for a node, a node for another node, a node for the operator', async () => {
    const [one, two] = [await lab.activate(await fresh()), await lab.activate(await fresh())];
    const path = `/nodes/${two.nodeId}/facts`;
    expectProblem(await lab.bootstrap.send('PUT', path, { body: {} }), 'wrong_role');
    expectProblem(await one.client.send('PUT', path, { headers: joined(one), body: {} }), 'wrong_role');
    expectProblem(await one.client.send('POST', `/operators/${one.nodeId}/heartbeat`, { body: {} }), 'wrong_role');
    expectProblem(await one.client.send('GET', `/registrations/${one.registrationId}`), 'wrong_role');
  });

  test('quota_exhausted, until it is raised', async () => {
    const { clusterId, ...pair } = {
      clusterId: 'small',
      ...(await admin().createCluster({ lock: 'scrypt', clusterId: 'small', quota: 1 })),
    };
    const client = lab.client(bootstrapIdentity(pair));
    const register = async (edgeName: string) => {
      const machine = await makeMachine(clusterId, { edgeName, smbiosUuid: edgeName });
      const headers = { 'idempotency-key': machine.idempotencyKey };
      return client.send('POST', `/clusters/${clusterId}/registrations`, { headers, body: machine.body });
    };
    expect((await register('a')).status).toBe(201);
    expectProblem(await register('b'), 'quota_exhausted');
    await admin().changeCluster(clusterId, { quota: 2 });
    expect((await register('b')).status).toBe(201);
  });

  test('registration_denied, and call 1 still says so with 200', async () => {
    const machine = await makeMachine(lab.clusterId, await fresh());
    const { registrationId } = (await lab.register(machine)).json;
    await admin().deny(registrationId, 'not ours');
    const answer = await lab.bootstrap.send('GET', `/registrations/${registrationId}/certificate`);
    expectProblem(answer, 'registration_denied');
    expect(answer.json.detail).toBe('not ours');
    const again = await lab.register(machine);
    expect([again.status, again.json.state, again.json.reason]).toEqual([200, 'denied', 'not ours']);
  });

  test('node_banned, checked per request, before activation too', async () => {
    const node = await lab.activate(await fresh());
    await admin().ban(node.nodeId);
    expectProblem(await facts(node), 'node_banned');
    expectProblem(await node.client.send('GET', '/meta'), 'node_banned');
    await admin().unban(node.nodeId);
    expect((await facts(node)).status).toBe(204);
    const early = await lab.enrol(await fresh());
    await admin().ban(early.nodeId);
    const path = `/registrations/${early.registrationId}/certificate`;
    expectProblem(await lab.bootstrap.send('GET', path), 'node_banned');
  });
});

describe('404, 409, 410: where it stands', () => {
  test('cluster_unknown, node_unknown, registration_unknown', async () => {
    const pair = await admin().createCluster({ lock: 'scrypt', clusterId: 'gone' });
    await admin().deleteCluster('gone');
    expectProblem(await lab.client(bootstrapIdentity(pair)).send('GET', '/meta'), 'cluster_unknown');
    const node = await lab.activate(await fresh());
    await admin().forgetNode(node.nodeId);
    expectProblem(await facts(node), 'node_unknown');
    expectProblem(await lab.bootstrap.send('GET', '/registrations/reg-nobody'), 'registration_unknown');
    expectProblem(await lab.bootstrap.send('GET', '/registrations/reg-nobody/certificate'), 'registration_unknown');
    const machine = await makeMachine(lab.clusterId, await fresh());
    const { registrationId } = (await lab.register(machine)).json;
    await admin().forgetRegistration(registrationId);
    expectProblem(await lab.bootstrap.send('GET', `/registrations/${registrationId}`), 'registration_unknown');
    expect((await lab.register(machine)).status).toBe(201);
  });

  test('a registration of another cluster is as unknown as none', async () => {
    const pair = await admin().createCluster({ lock: 'scrypt', clusterId: 'neighbour' });
    const { json } = await lab.register(await makeMachine(lab.clusterId, await fresh()));
    const answer = await lab.client(bootstrapIdentity(pair)).send('GET', `/registrations/${json.registrationId}`);
    expectProblem(answer, 'registration_unknown');
  });

  test('not_approved, not_activated', async () => {
    const { json } = await lab.register(await makeMachine(lab.clusterId, await fresh()));
    expectProblem(await lab.bootstrap.send('GET', `/registrations/${json.registrationId}/certificate`), 'not_approved');
    const node = await lab.enrol(await fresh());
    expectProblem(await facts(node), 'not_activated');
    const path = `/nodes/${node.nodeId}/config?nonce=${NONCE}`;
    expectProblem(await node.client.send('GET', path, { headers: joined(node) }), 'not_activated');
  });

  test('already_activated, for the bootstrap side', async () => {
    const node = await lab.activate(await fresh());
    for (const path of ['', '/certificate']) {
      const answer = await lab.bootstrap.send('GET', `/registrations/${node.registrationId}${path}`);
      expectProblem(answer, 'already_activated');
    }
    expect((await lab.register(node.machine)).json.state).toBe('approved');
  });

  test.each([
    ['image_blocked', { name: 'bad', version: '1.3.0', minControllerVersion: '1.0.0' }],
    ['image_too_old', { name: 'image', version: '1.9.0', minControllerVersion: '1.0.0' }],
    ['image_too_new', { name: 'image', version: '1.10.0', minControllerVersion: '2.0.1' }],
  ] as const)('%s', async (code, image) => {
    await admin().changeCluster(lab.clusterId, { minImage: '1.10.0', blockedImages: ['bad'] });
    const changes = { image: { ...image, buildId: 'b-1' } };
    const answer = await lab.register(await makeMachine(lab.clusterId, { ...(await fresh()), changes }));
    await admin().changeCluster(lab.clusterId, { minImage: null, blockedImages: [] });
    expectProblem(answer, code);
  });

  test('registration_expired, and the same bytes make a new registration', async () => {
    const machine = await makeMachine(lab.clusterId, await fresh());
    const first = (await lab.register(machine)).json.registrationId;
    await admin().expire(first);
    expect((await lab.bootstrap.send('GET', `/registrations/${first}`)).json.state).toBe('expired');
    expectProblem(await lab.bootstrap.send('GET', `/registrations/${first}/certificate`), 'registration_expired');
    const second = await lab.register(machine);
    expect(second.status).toBe(201);
    expect(second.json.registrationId).not.toBe(first);
  });

  test('node_decommissioned', async () => {
    const node = await lab.activate(await fresh());
    await node.client.send('DELETE', `/nodes/${node.nodeId}`, { headers: joined(node) });
    expectProblem(await facts(node), 'node_decommissioned');
    expectProblem(await sendActivation(node, 'boot-2'), 'node_decommissioned');
  });
});

describe('retry, and the admin side', () => {
  test('rate_limited', async () => {
    await admin().changeSettings({ rateLimit: 2 });
    const answers: RawAnswer[] = [];
    for (let i = 0; i < 4; i++) answers.push(await lab.bootstrap.send('GET', '/meta'));
    await admin().changeSettings({ rateLimit: null });
    const limited = answers.find(({ status }) => status === 429);
    if (!limited) throw new Error('four requests at two a second, and none was limited');
    expectProblem(limited, 'rate_limited');
    expect(answers[0]?.status).toBe(200);
  });

  test('maintenance', async () => {
    await admin().fault({ kind: 'maintenance', retryAfter: 7, count: 1 });
    const answer = await lab.bootstrap.send('GET', '/meta');
    expect(answer.json).toMatchObject({ code: 'maintenance', class: 'retry', status: 503, retryAfter: 7 });
    expect(answer.headers['retry-after']).toBe('7');
    seen.add('maintenance');
  });

  test('the admin side: token, unknown ids, states that do not allow it', async () => {
    const open = lab.client(null);
    expectProblem(await open.send('GET', '/admin/nodes'), 'admin_token_wrong');
    const headers = { authorization: `Bearer ${lab.controller.adminToken}` };
    expectProblem(await open.send('GET', '/admin/nodes/node-nobody', { headers }), 'admin_unknown');
    expectProblem(
      await open.send('POST', '/admin/clusters', { headers, body: { clusterId: lab.clusterId } }),
      'admin_conflict',
    );
    const { json } = await lab.register(await makeMachine(lab.clusterId, await fresh()));
    const path = `/admin/registrations/${json.registrationId}/approve`;
    const body = { keyFingerprint: 'SHA256:another' };
    expectProblem(await open.send('POST', path, { headers, body }), 'fingerprint_mismatch');
  });

  test('every problem of the table was seen, but for those that have tests of their own', () => {
    const elsewhere = ['edge_name_conflict', 'clone_suspected', 'recovery_needs_approval', 'internal'];
    expect(
      Object.keys(problemKinds)
        .filter(code => !seen.has(code))
        .toSorted(),
    ).toEqual(elsewhere.toSorted());
  });
});
