import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newP256Key } from '../controller/pki/keys.ts';
import { type Lab, type LabNode, openLab, sendActivation, sendEvents } from '../support/lab.ts';
import { keyPem, makeCsr, makeMachine } from '../support/raw-agent.ts';

const NONCE = 'A'.repeat(22);
const CONFIG = { handoff: { driver: 'systemd' as const, operator: { name: 'operator', version: '1.0.0' } } };

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(
    { settings: { controllerVersion: '3.4.5' } },
    { blockedImages: ['bad-image'], minImage: '1.2.0' },
  );
});
afterAll(() => lab.close());

const headers = (node: LabNode) => ({ 'conjurer-join-state': node.joinState });

describe('call 0', () => {
  test('says what this Controller takes, to the cluster and to the node', async () => {
    const answer = await lab.bootstrap.send('GET', '/meta');
    expect(answer.json).toEqual({
      controllerVersion: '3.4.5',
      apiVersions: ['v1'],
      minImage: '1.2.0',
      blockedImages: ['bad-image'],
      clusterId: 'cluster-1',
      longPollMaxSeconds: 50,
      autoApprove: false,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    const node = await lab.enrol({ edgeName: 'meta' });
    expect((await node.client.send('GET', '/meta')).json.clusterId).toBe('cluster-1');
  });
});

describe('calls 1 to 3', () => {
  test('a new key is 201 with a Location, the same request again is 200 and the same', async () => {
    const machine = await makeMachine(lab.clusterId, { edgeName: 'first' });
    const first = await lab.register(machine);
    expect(first.status).toBe(201);
    expect(first.headers.location).toBe(`/conjurer/v1/registrations/${first.json.registrationId}`);
    expect(first.json).toMatchObject({ state: 'discovered', expiresAt: expect.any(String) });
    expect(first.json.keyFingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
    expect(first.json.claimCode).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(first.json.joinState).toMatch(/^[A-Za-z0-9._-]{1,1024}$/);
    const again = await lab.register(machine);
    expect(again.status).toBe(200);
    expect(again.json).toEqual(first.json);
  });

  test('the poll: ETag, 304, and a Retry-After of 30 without a wait, 1 after one', async () => {
    const { json } = await lab.register(await makeMachine(lab.clusterId, { edgeName: 'polled' }));
    const path = `/registrations/${json.registrationId}`;
    const first = await lab.bootstrap.send('GET', path, { headers: { prefer: 'wait=50' } });
    expect([first.status, first.headers['retry-after']]).toEqual([200, '30']);
    expect(first.json).toEqual(json);
    const etag = String(first.headers.etag);
    const same = await lab.bootstrap.send('GET', path, { headers: { 'if-none-match': etag } });
    expect([same.status, same.headers['retry-after'], same.headers.etag, same.text]).toEqual([304, '30', etag, '']);
    const waited = await lab.bootstrap.send('GET', path, { headers: { 'if-none-match': etag, prefer: 'wait=1' } });
    expect([waited.status, waited.headers['retry-after']]).toEqual([304, '1']);
  });

  test.each([
    ['approve', 'approved'],
    ['deny', 'denied'],
    ['expire', 'expired'],
    ['quarantine', 'quarantined'],
  ] as const)('a long-poll ends when the registration changes: %s', async (what, state) => {
    const { json } = await lab.register(await makeMachine(lab.clusterId, { edgeName: `long-${what}` }));
    const path = `/registrations/${json.registrationId}`;
    const { headers: seen } = await lab.bootstrap.send('GET', path);
    const waiting = lab.bootstrap.send('GET', path, {
      headers: { 'if-none-match': String(seen.etag), prefer: 'respond-async, wait=19' },
    });
    const { admin } = lab.controller;
    if (what === 'approve') await admin.approve(json.registrationId, json.keyFingerprint);
    else if (what === 'deny') await admin.deny(json.registrationId, 'not ours');
    else await admin[what](json.registrationId);
    const answer = await waiting;
    expect([answer.status, answer.json.state]).toEqual([200, state]);
    expect(answer.json.reason).toBe(what === 'deny' ? 'not ours' : undefined);
    expect(answer.headers['retry-after']).toBe(state === 'quarantined' ? '1' : undefined);
  });

  test('the certificate: our names, clientAuth, 180 days backdated by one, the same until activation', async () => {
    const node = await lab.enrol({ edgeName: 'issued' });
    const path = `/registrations/${node.registrationId}/certificate`;
    const issued = await lab.bootstrap.send('GET', path);
    const leaf = new X509Certificate(issued.json.chain);
    expect(leaf.subjectAltName).toBe(`URI:urn:conjurer:node:${node.nodeId}`);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(leaf.verify(new X509Certificate(lab.controller.ca).publicKey)).toBe(true);
    expect(leaf.publicKey.equals(createPublicKey(keyPem(node.machine.key)))).toBe(true);
    const life = leaf.validToDate.getTime() - leaf.validFromDate.getTime();
    expect(life / 86_400_000).toBe(181);
    expect(Math.abs(leaf.validFromDate.getTime() + 86_400_000 - Date.now())).toBeLessThan(60_000);
    expect(Math.abs(Date.parse(issued.json.renewAfter) - leaf.validFromDate.getTime() - (life * 2) / 3)).toBeLessThan(
      2000,
    );
    expect((await lab.bootstrap.send('GET', path)).text).toBe(issued.text);
    await sendActivation(node, 'boot-1');
    expect((await lab.bootstrap.send('GET', path)).json.code).toBe('already_activated');
    expect((await lab.bootstrap.send('GET', `/registrations/${node.registrationId}`)).json.code).toBe(
      'already_activated',
    );
  });

  test('two calls for the certificate at the same time get one certificate', async () => {
    const machine = await makeMachine(lab.clusterId, { edgeName: 'twice' });
    const { json } = await lab.register(machine);
    await lab.controller.admin.approve(json.registrationId, json.keyFingerprint);
    const path = `/registrations/${json.registrationId}/certificate`;
    const answers = await Promise.all([1, 2, 3, 4].map(() => lab.bootstrap.send('GET', path)));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  test('auto-approve lets a new machine in at once', async () => {
    await lab.controller.admin.changeCluster('cluster-1', { autoApprove: true });
    const answer = await lab.register(await makeMachine(lab.clusterId, { edgeName: 'auto' }));
    await lab.controller.admin.changeCluster('cluster-1', { autoApprove: false });
    expect([answer.status, answer.json.state, answer.json.expiresAt]).toEqual([201, 'approved', null]);
  });
});

describe('calls 4 to 14, from activation to ready', () => {
  test('a node goes every step', async () => {
    const node = await lab.enrol({ edgeName: 'whole' });
    const base = `/nodes/${node.nodeId}`;
    const activated = await sendActivation(node, 'boot-1');
    expect(activated.json).toMatchObject({ state: 'activated', configGeneration: 0 });
    node.joinState = activated.json.joinState;

    const pending = await node.client.send('GET', `${base}/config?nonce=${NONCE}`, { headers: headers(node) });
    expect([pending.status, pending.headers['retry-after'], pending.json]).toEqual([202, '30', { state: 'activated' }]);

    await lab.controller.admin.setConfig(lab.clusterId, CONFIG);
    const config = await node.client.send('GET', `${base}/config?nonce=${NONCE}`, { headers: headers(node) });
    expect(config.headers['content-type']).toBe('application/jose');
    const [header = '', payload = '', signature = ''] = config.text.split('.');
    const part = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString());
    const enrollment = /BEGIN CONJURER ENROLLMENT-----([^-]+)/.exec(lab.credentials)?.[1] ?? '';
    const { configKeys } = JSON.parse(Buffer.from(enrollment, 'base64').toString());
    expect(part(header)).toEqual({ alg: 'Ed25519', kid: configKeys[0].kid, typ: 'conjurer-config+jws' });
    expect(part(payload)).toEqual({
      aud: node.nodeId,
      clusterId: 'cluster-1',
      generation: 1,
      nonce: NONCE,
      issuedAt: expect.any(String),
      requires: [],
      ...CONFIG,
    });
    const key = createPublicKey({ format: 'jwk', key: configKeys[0] });
    expect(verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))).toBe(true);

    const applied = await sendEvents(node, 1, node.joinState, 'config_applied');
    expect(applied.json).toMatchObject({ ackSeq: 1, configGeneration: 1, action: 'none' });
    node.joinState = applied.json.joinState;
    expect((await lab.controller.admin.node(node.nodeId)).state).toBe('configured');

    const facts = await node.client.send('PUT', `${base}/facts`, {
      headers: headers(node),
      body: { schema: 'x', n: 1 },
    });
    expect([facts.status, facts.text]).toEqual([204, '']);
    const csr = await makeCsr(newP256Key(), lab.clusterId, 'operator');
    const own = newP256Key();
    const operatorCsr = await makeCsr(own, lab.clusterId, 'operator');
    const operator = await node.client.send('POST', `${base}/operator/certificate`, {
      headers: headers(node),
      body: { csr: operatorCsr },
    });
    expect(new X509Certificate(operator.json.chain).subjectAltName).toBe(`URI:urn:conjurer:operator:${node.nodeId}`);

    const handoff = {
      configGeneration: 1,
      cluster: { distribution: 'kubeadm', version: null, role: null, nodeName: null },
      operator: { name: 'operator', version: '1.0.0', ready: true },
      evidence: [{ kind: 'unit', name: 'operator.service', ok: true }],
    };
    const put = () => node.client.send('PUT', `${base}/handoff`, { headers: headers(node), body: handoff });
    const waiting = await put();
    expect([waiting.status, waiting.json, waiting.headers['retry-after']]).toEqual([
      202,
      { state: 'provisioned' },
      '5',
    ]);
    const beat = await lab
      .client({ cert: operator.json.chain, key: keyPem(own) })
      .send('POST', `/operators/${node.nodeId}/heartbeat`, {
        body: {
          at: '2026-01-31T08:00:00Z',
          cluster: { version: '1.20.2', nodesReady: 1, nodesTotal: 1, nodes: ['whole', 'worker'] },
          addons: [],
        },
      });
    expect(beat.status).toBe(202);
    const ready = await put();
    expect([ready.status, ready.json]).toEqual([200, { state: 'ready' }]);

    const renewed = await node.client.send('POST', `${base}/certificates`, { headers: headers(node), body: { csr } });
    expect(new X509Certificate(renewed.json.chain).subjectAltName).toBe(`URI:urn:conjurer:node:${node.nodeId}`);

    // A worker of the same cluster has no operator: it is ready once the operator lists it.
    const worker = await lab.activate({ edgeName: 'worker', smbiosUuid: 'uuid-worker' });
    const join = (nodeName: string) =>
      worker.client.send('PUT', `/nodes/${worker.nodeId}/handoff`, {
        headers: headers(worker),
        body: { ...handoff, operator: null, cluster: { ...handoff.cluster, role: 'worker', nodeName } },
      });
    expect((await join('nobody-lists-it')).status).toBe(202);
    expect((await join('worker')).status).toBe(200);

    const gone = await node.client.send('DELETE', base, { headers: headers(node) });
    const again = await node.client.send('DELETE', base, { headers: headers(node) });
    expect([gone.status, again.status]).toEqual([204, 204]);
  });

  test('the signed time needs no certificate', async () => {
    const answer = await lab.client(null).send('GET', `/time?nonce=${NONCE}`);
    const [header = '', payload = ''] = answer.text.split('.').map(text => Buffer.from(text, 'base64url').toString());
    expect(JSON.parse(header)).toMatchObject({ typ: 'conjurer-time+jws' });
    expect(JSON.parse(payload)).toEqual({ nonce: NONCE, now: expect.any(String) });
  });

  test('the generation rises with each change, and an admin can ask for an action', async () => {
    const node = await lab.activate({ edgeName: 'actions' });
    const before = (await lab.controller.admin.config(lab.clusterId))?.generation ?? 0;
    const after = await lab.controller.admin.setConfig(lab.clusterId, CONFIG);
    const own = await lab.controller.admin.setNodeConfig(node.nodeId, CONFIG);
    expect([after?.generation, own?.generation]).toEqual([before + 1, before + 2]);
    await lab.controller.admin.action(node.nodeId, 'refetch');
    const asked = await sendEvents(node, 1);
    expect(asked.json).toMatchObject({ action: 'refetch', configGeneration: before + 2 });
    node.joinState = asked.json.joinState;
    await node.client.send('GET', `/nodes/${node.nodeId}/config?nonce=${NONCE}`, { headers: headers(node) });
    expect((await sendEvents(node, 2)).json.action).toBe('none');
  });

  test('a configuration for an edge name waits for its machine, and meets nobody else', async () => {
    const { admin } = lab.controller;
    const of = {
      ...CONFIG,
      cluster: { distribution: 'kubeadm', kubernetesVersion: '1.20.2', role: 'worker' },
    } as const;
    const given = await admin.setConfig(lab.clusterId, of, 'expected');
    const [expected, other] = [
      await lab.activate({ edgeName: 'expected', smbiosUuid: 'uuid-expected' }),
      await lab.activate({ edgeName: 'other', smbiosUuid: 'uuid-other' }),
    ];
    const ofAll = await admin.setConfig(lab.clusterId, CONFIG);
    const fetched = async (node: typeof expected) => {
      const path = `/nodes/${node.nodeId}/config?nonce=${NONCE}`;
      const [, payload = ''] = (await node.client.send('GET', path, { headers: headers(node) })).text.split('.');
      return JSON.parse(Buffer.from(payload, 'base64url').toString());
    };
    expect(await fetched(expected)).toMatchObject({ generation: given?.generation, cluster: { role: 'worker' } });
    expect(await fetched(other)).toMatchObject({ generation: ofAll?.generation });
    expect(await fetched(other)).not.toHaveProperty('cluster');
    const own = await admin.setNodeConfig(expected.nodeId, CONFIG);
    expect(await fetched(expected)).toMatchObject({ generation: own?.generation });
  });

  test('a bundle is kept whole, and the same id replaces it', async () => {
    const node = await lab.activate({ edgeName: 'bundles' });
    const put = (body: Buffer) =>
      node.client.send('PUT', `/nodes/${node.nodeId}/bundles/b-1`, {
        headers: headers(node),
        body,
        contentType: 'application/octet-stream',
      });
    expect((await put(Buffer.alloc(3 * 1024 * 1024, 'a'))).status).toBe(204);
    expect((await put(Buffer.from('second'))).status).toBe(204);
    expect(await lab.controller.admin.bundles(node.nodeId)).toMatchObject([{ bundleId: 'b-1', bytes: 6 }]);
  });
});
