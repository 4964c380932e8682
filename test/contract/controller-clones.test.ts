import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { collect, type Lab, openLab, sendActivation, sendEvents } from '../support/lab.ts';
import { keyPem, type MachineShape, makeCsr, makeMachine, type RawAnswer } from '../support/raw-agent.ts';

/** The table of clones and recoveries, row by row, and the sequences of the join state. */
let lab: Lab;
beforeEach(async () => {
  lab = await openLab({}, { autoApprove: true });
});
afterEach(() => lab.close());

const register = async (shape: MachineShape) => lab.register(await makeMachine(lab.clusterId, shape));
const OTHER = { smbiosUuid: 'uuid-2', serial: 'serial-2' };

function expectHeld(answer: RawAnswer, code: string): void {
  expect(answer.status, answer.text).toBe(409);
  expect(answer.json).toMatchObject({
    code,
    class: 'wait',
    registrationId: expect.any(String),
    keyFingerprint: expect.any(String),
    claimCode: expect.any(String),
  });
}

async function approve(answer: RawAnswer): Promise<void> {
  await lab.controller.admin.approve(answer.json.registrationId, answer.json.keyFingerprint);
}

describe('clones and recoveries', () => {
  test('same key, hardware and name: a restart or a lost answer goes on', async () => {
    const node = await lab.activate();
    const again = await lab.register(node.machine);
    expect([again.status, again.json.state]).toEqual([200, 'approved']);
    expect(await lab.controller.admin.registrations()).toHaveLength(1);
  });

  test('same key, another RAM: the same bytes go on, an event tells', async () => {
    const node = await lab.activate();
    expect((await lab.register(node.machine)).status).toBe(200);
    expect((await sendEvents(node, 1, node.joinState, 'hardware_changed')).status).toBe(200);
  });

  test('new key on the same hardware: held even where auto-approve is on, then the same node id', async () => {
    const old = await lab.activate();
    const machine = await makeMachine(lab.clusterId);
    const held = await lab.register(machine);
    expectHeld(held, 'recovery_needs_approval');
    expectHeld(await lab.register(machine), 'recovery_needs_approval');
    expect((await sendEvents(old, 1)).status).toBe(200);
    await approve(held);
    const decided = await lab.register(machine);
    expect([decided.status, decided.json.state]).toEqual([200, 'approved']);
    const node = await collect(lab, machine, held.json.registrationId);
    expect(node.nodeId).toBe(old.nodeId);
    expect((await sendEvents(old, 2)).json.code).toBe('client_cert_revoked');
    expect((await sendActivation(node, 'boot-1')).json.state).toBe('activated');
  });

  test.each(['serial', 'smbiosUuid'] as const)(
    'hardware is compared by serial where a UUID is null: %s',
    async known => {
      await lab.activate({ smbiosUuid: null, serial: 'serial-1' });
      const same =
        known === 'serial' ? { smbiosUuid: 'uuid-9', serial: 'serial-1' } : { smbiosUuid: 'uuid-9', serial: 'x' };
      expectHeld(await register(same), known === 'serial' ? 'recovery_needs_approval' : 'edge_name_conflict');
    },
  );

  test('a recovery ticket skips the wait, on any hardware, once', async () => {
    const old = await lab.activate();
    const { ticket } = await lab.controller.admin.ticket(old.nodeId);
    const changes = { intent: 'recover', recoveryTicket: ticket };
    const machine = await makeMachine(lab.clusterId, { ...OTHER, changes });
    const recovered = await lab.register(machine);
    expect([recovered.status, recovered.json.state]).toEqual([201, 'approved']);
    expect((await collect(lab, machine, recovered.json.registrationId)).nodeId).toBe(old.nodeId);
    expectHeld(await register({ ...OTHER, changes }), 'recovery_needs_approval');
    expectHeld(await register({ changes: { recoveryTicket: 'invented' } }), 'edge_name_conflict');
  });

  test('same key, other hardware: the clone is quarantined, the original goes on', async () => {
    const node = await lab.activate();
    const clone = await makeMachine(lab.clusterId, { key: node.machine.key, ...OTHER });
    const held = await lab.register(clone);
    expectHeld(held, 'clone_suspected');
    expectHeld(await lab.register(clone), 'clone_suspected');
    const [quarantined] = await lab.controller.admin.registrations({ state: 'quarantined' });
    expect(quarantined?.registrationId).toBe(held.json.registrationId);
    expect((await lab.register(node.machine)).status).toBe(200);
    expect((await sendEvents(node, 1)).status).toBe(200);
    const shape = { key: node.machine.key, changes: { bootId: 'boot-2' } };
    expect((await register(shape)).json.code).toBe('idempotency_mismatch');
    await lab.controller.admin.deny(held.json.registrationId, 'a copy');
    expect((await lab.register(clone)).json).toMatchObject({ state: 'denied', reason: 'a copy' });
  });

  test('same key, other bytes, hardware that nobody knows: no clone, but a mismatch', async () => {
    const node = await lab.activate({ smbiosUuid: null, serial: null });
    const shape = { key: node.machine.key, smbiosUuid: null, serial: null, changes: { bootId: 'boot-2' } };
    expect((await register(shape)).json.code).toBe('idempotency_mismatch');
  });

  test('same key with intent recover is a new request, held', async () => {
    const node = await lab.activate();
    const machine = await makeMachine(lab.clusterId, { key: node.machine.key, changes: { intent: 'recover' } });
    const held = await lab.register(machine);
    expectHeld(held, 'recovery_needs_approval');
    await approve(held);
    expect((await collect(lab, machine, held.json.registrationId)).nodeId).toBe(node.nodeId);
    expect((await sendEvents(node, 1)).json.code).toBe('client_cert_revoked');
  });

  test('new key, other hardware, active name: the newcomer waits; approving it gives it the place', async () => {
    const old = await lab.activate();
    const machine = await makeMachine(lab.clusterId, OTHER);
    const held = await lab.register(machine);
    expectHeld(held, 'edge_name_conflict');
    await approve(held);
    expect((await collect(lab, machine, held.json.registrationId)).nodeId).toBe(old.nodeId);
  });

  test('a name clash ends by itself when the name is given free', async () => {
    const old = await lab.activate();
    const machine = await makeMachine(lab.clusterId, OTHER);
    expectHeld(await lab.register(machine), 'edge_name_conflict');
    await old.client.send('DELETE', `/nodes/${old.nodeId}`, { headers: { 'conjurer-join-state': old.joinState } });
    const free = await lab.register(machine);
    expect([free.status, free.json.state]).toEqual([200, 'approved']);
  });

  test('new key, decommissioned name: allowed, as a new node', async () => {
    const old = await lab.activate();
    await old.client.send('DELETE', `/nodes/${old.nodeId}`, { headers: { 'conjurer-join-state': old.joinState } });
    const node = await lab.activate();
    expect(node.nodeId).not.toBe(old.nodeId);
  });

  test('active is approved before activation, and banned; it is not discovered', async () => {
    const { admin } = lab.controller;
    const early = await lab.enrol({ edgeName: 'early' });
    expectHeld(await register({ edgeName: 'early', ...OTHER }), 'edge_name_conflict');
    await admin.ban(early.nodeId);
    expectHeld(await register({ edgeName: 'early', ...OTHER }), 'edge_name_conflict');
    await admin.changeCluster(lab.clusterId, { autoApprove: false });
    const first = await register({ edgeName: 'plain' });
    const second = await register({ edgeName: 'plain', ...OTHER });
    expect([first.status, second.status]).toEqual([201, 201]);
    await approve(first);
    await expect(approve(second)).rejects.toThrow('another machine has this edge name');
    expect((await admin.registration(second.json.registrationId)).hold).toBe('edge_name_conflict');
  });
});

describe('the join state', () => {
  test('each activation and batch moves it on; a lost answer is given again', async () => {
    const node = await lab.enrol();
    const first = node.joinState;
    const activated = await sendActivation(node, 'boot-1', first);
    expect((await sendActivation(node, 'boot-1', first)).text).toBe(activated.text);
    const second = activated.json.joinState;
    const batch = await sendEvents(node, 1, second, 'one');
    expect((await sendEvents(node, 1, second, 'one')).text).toBe(batch.text);
    expect(new Set([first, second, batch.json.joinState]).size).toBe(3);
    expect(await lab.controller.admin.events(node.nodeId)).toHaveLength(1);
  });

  test('call 2 shows the state of call 1', async () => {
    const { json } = await lab.register(await makeMachine(lab.clusterId));
    const polled = await lab.bootstrap.send('GET', `/registrations/${json.registrationId}`);
    expect(polled.json.joinState).toBe(json.joinState);
  });

  test('calls that do not move it on take the last and the one before', async () => {
    const node = await lab.activate();
    const before = node.joinState;
    const { joinState: after } = (await sendEvents(node, 1)).json;
    for (const state of [before, after]) {
      const headers = { 'conjurer-join-state': state };
      const answer = await node.client.send('PUT', `/nodes/${node.nodeId}/facts`, { headers, body: {} });
      expect(answer.status).toBe(204);
    }
  });

  test('a rolled back snapshot is suspected, the machine that went on is not; a release turns that round, once', async () => {
    const node = await lab.activate();
    const old = node.joinState;
    const middle = (await sendEvents(node, 1, old)).json.joinState;
    const last = (await sendEvents(node, 2, middle)).json.joinState;
    const stale = await sendActivation(node, 'boot-rolled-back', old);
    expectHeld(stale, 'clone_suspected');
    const facts = (state: string) => {
      const headers = { 'conjurer-join-state': state };
      return node.client.send('PUT', `/nodes/${node.nodeId}/facts`, { headers, body: {} });
    };
    expectHeld(await facts(old), 'clone_suspected');
    expect((await facts(last)).status).toBe(204);
    expect((await lab.controller.admin.node(node.nodeId)).suspicions).toMatchObject([{ state: 'open', times: 2 }]);

    await lab.controller.admin.releaseNode(node.nodeId);
    expect((await facts(old)).status).toBe(204);
    const released = await sendActivation(node, 'boot-rolled-back', old);
    expect(released.status).toBe(200);
    expect((await sendActivation(node, 'boot-rolled-back', old)).text).toBe(released.text);
    expectHeld(await sendActivation(node, 'boot-third', old), 'clone_suspected');
    expectHeld(await sendEvents(node, 3, last), 'clone_suspected');
    expect((await sendEvents(node, 3, released.json.joinState)).status).toBe(200);
  });

  test('the state before with another body is as stale as an older one', async () => {
    const node = await lab.activate();
    await sendEvents(node, 1);
    expectHeld(await sendEvents(node, 1, node.joinState, 'another body'), 'clone_suspected');
  });

  test('that of another node is malformed, not stale', async () => {
    const [one, two] = [await lab.activate({ edgeName: 'one' }), await lab.activate({ edgeName: 'two', ...OTHER })];
    expect((await sendEvents(one, 1, two.joinState)).json.code).toBe('malformed');
  });

  test('a batch not above the last is acknowledged and not stored; gaps are allowed', async () => {
    const node = await lab.activate();
    const far = await sendEvents(node, 7, node.joinState, 'kept');
    const low = await sendEvents(node, 3, far.json.joinState, 'not kept');
    expect([far.json.ackSeq, low.json.ackSeq]).toEqual([7, 7]);
    const events = await lab.controller.admin.events(node.nodeId);
    expect(events.map(({ event }) => event.code)).toEqual(['kept']);
  });
});

describe('certificates', () => {
  test('the same CSR gets the same certificate; the first use of a new one ends the old one', async () => {
    const { newP256Key } = await import('../controller/pki/keys.ts');
    const node = await lab.activate();
    const key = newP256Key();
    const csr = await makeCsr(key, lab.clusterId, 'edge-001');
    const headers = { 'conjurer-join-state': node.joinState };
    const renew = () => node.client.send('POST', `/nodes/${node.nodeId}/certificates`, { headers, body: { csr } });
    const [first, second] = [await renew(), await renew()];
    expect(second.text).toBe(first.text);
    const renewed = lab.client({ cert: first.json.chain, key: keyPem(key) });
    expect((await node.client.send('GET', '/meta')).status).toBe(200);
    expect((await renewed.send('GET', '/meta')).status).toBe(200);
    expect((await node.client.send('GET', '/meta')).json.code).toBe('client_cert_revoked');
  });

  test('the old one ends after a day, used or not', async () => {
    const { newP256Key } = await import('../controller/pki/keys.ts');
    const node = await lab.activate();
    const csr = await makeCsr(newP256Key(), lab.clusterId, 'edge-001');
    const headers = { 'conjurer-join-state': node.joinState };
    await node.client.send('POST', `/nodes/${node.nodeId}/certificates`, { headers, body: { csr } });
    await lab.controller.admin.fault({ kind: 'clock-skew', seconds: 25 * 3600 });
    const late = await lab.client(node.identity, false).send('GET', '/meta');
    expect(late.json.code).toBe('client_cert_expired');
  });
});
