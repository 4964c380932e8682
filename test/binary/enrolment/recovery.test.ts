import { cp, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asTypedOn } from '../../support/as-typed-on.ts';
import type { MachineTree } from '../../support/machine-tree.ts';
import { openClient } from '../../support/raw-agent.ts';
import type { Started } from '../../support/started.ts';
import { amongOthers, eventually, only, openSite, type Site, statusWhen } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

async function handedOff(edgeName: string, hardware = {}): Promise<MachineTree> {
  const machine = await site.machine(edgeName, { hardware });
  expect(await machine.run('run')).toMatchObject({ status: 0 });
  return machine;
}

const nodeOf = async (edgeName: string) => only((await site.known(edgeName)).nodes);
const registrationsOf = async (edgeName: string) => (await site.known(edgeName)).registrations;

async function putInputs(machine: MachineTree): Promise<void> {
  await machine.putInput('passphrase', site.files['at-once'].passphrase);
  await machine.putInput('credentials', site.files['at-once'].credentials);
}

/** The held registration of this name, once it is there; with what the waiting run shows compared. */
async function heldOf(machine: MachineTree, run: Started, hold: string) {
  const held = await eventually(
    async () => (await registrationsOf(machine.edgeName)).find(one => one.hold === hold && !one.activated) ?? null,
    run.stdout,
  );
  const { claimCode, keyFingerprint } = held;
  expect(await statusWhen(machine, ({ state }) => state === 'waiting')).toMatchObject({
    claimCode,
    keyFingerprint,
    waiting: { who: 'controller-admin' },
  });
  expect((await machine.run('status')).stdout).toContain(claimCode);
  return held;
}

describe.concurrent('conjurer recover', amongOthers, () => {
  it('with nothing to recover says so, and the node stays what it is', async () => {
    const machine = await handedOff('edge-nothing');
    const { status, stdout } = await machine.run('recover', '--yes');
    expect(status).toBe(0);
    expect(stdout).toContain('conjurer recover will do this:\n  - forget the retries');
    expect(stdout).not.toContain('identity');
    expect(stdout).toMatch(/Recovered and handed off\.\n$/);
    expect(await site.known('edge-nothing')).toMatchObject({ registrations: [{}], nodes: [{ state: 'ready' }] });
  });

  it('--new-identity is held although the cluster approves at once; approved, the same node has a new key and the old certificate is revoked', async () => {
    const machine = await handedOff('edge-new-identity');
    const before = await nodeOf('edge-new-identity');
    const old = {
      key: await machine.read('/var/lib/conjurer/node.key'),
      cert: await machine.read('/var/lib/conjurer/node.crt'),
    };
    // What a renewal that was cut has left is no part of the new identity.
    await cp(machine.at('/var/lib/conjurer/node.key'), machine.at('/var/lib/conjurer/node.key.next'));
    const cut = JSON.stringify({ csr: 'cut', replaces: before.nodeId });
    await writeFile(machine.at('/var/lib/conjurer/node.key.csr'), cut, { mode: 0o600 });
    await putInputs(machine);
    const run = machine.start('recover', '--new-identity', '--yes');
    const held = await heldOf(machine, run, 'recovery_needs_approval');
    expect(held).toMatchObject({ request: { intent: 'recover', edgeName: 'edge-new-identity' } });
    await site.admin.approve(held.registrationId, held.keyFingerprint);
    expect(await run.ended).toMatchObject({ status: 0 });

    const after = await nodeOf('edge-new-identity');
    expect(after).toMatchObject({
      nodeId: before.nodeId,
      state: 'ready',
      registrationId: held.registrationId,
      suspicions: [],
    });
    const client = openClient(site.controller.url, site.controller.ca, { key: old.key ?? '', cert: old.cert ?? '' });
    expect(await client.send('GET', '/meta')).toMatchObject({ status: 401, json: { code: 'client_cert_revoked' } });
    await client.close();
    expect(await machine.run('run')).toMatchObject({ status: 0 });
  });

  it('--ticket spares the wait, and the ticket is not needed afterwards', async () => {
    const machine = await handedOff('edge-ticket');
    const { nodeId } = await nodeOf('edge-ticket');
    const { ticket } = await site.admin.ticket(nodeId);
    await putInputs(machine);
    await writeFile(machine.at('/tmp/ticket'), `${ticket}\n`, { mode: 0o400 });
    const recovered = await machine.run(
      'recover',
      '--new-identity',
      '--ticket',
      machine.at('/tmp/ticket'),
      '--yes',
      '--no-wait',
    );
    expect(recovered).toMatchObject({ status: 0 });
    expect(await nodeOf('edge-ticket')).toMatchObject({ nodeId, state: 'ready' });
    for (const text of [recovered.stdout, recovered.stderr, await machine.read('/var/log/conjurer/conjurer.log')]) {
      expect(text).not.toContain(ticket);
    }
    await rm(machine.at('/tmp/ticket'));
    expect(await machine.run('run')).toMatchObject({ status: 0 });
  });

  it('--from configure fetches the configuration anew and hands off again', async () => {
    const machine = await handedOff('edge-from-configure');
    const { nodeId } = await nodeOf('edge-from-configure');
    const fetches = () => site.controller.records.filter(({ path }) => path.includes(`/nodes/${nodeId}/config`)).length;
    const before = fetches();
    const { status, stdout } = await machine.run('recover', '--from', 'configure', '--yes');
    expect(status).toBe(0);
    expect(stdout).toContain('do configure anew');
    expect(fetches()).toBe(before + 1);
    expect(await site.known('edge-from-configure')).toMatchObject({ registrations: [{}], nodes: [{ state: 'ready' }] });
  });

  it('sets a damaged file aside that keeps a run from going on', async () => {
    const machine = await handedOff('edge-damaged');
    await writeFile(machine.at('/var/lib/conjurer/activation.json'), '{"nodeId":');
    const stopped = await machine.run('run');
    expect(stopped.status).toBe(75);
    expect(stopped.stderr).toContain('error E_STATE_INVALID');
    expect(asTypedOn(machine, stopped.stderr)).toContain('What to do next\n  conjurer recover\n');
    const { status, stdout } = await machine.run('recover', '--yes');
    expect(stdout).toContain('set /var/lib/conjurer/activation.json aside');
    expect(status).toBe(0);
    expect(await site.known('edge-damaged')).toMatchObject({
      registrations: [{}],
      nodes: [{ state: 'ready', suspicions: [] }],
    });
  });
});

describe.concurrent('the same name', amongOthers, () => {
  it('on the same machine with a new disk is held as a recovery, and takes over the node', async () => {
    const hardware = {
      smbiosUuid: '7d8f0c1a-0000-4000-8000-00000000abcd',
      serial: 'board-1',
      machineId: 'a'.repeat(32),
    };
    await handedOff('edge-new-disk', hardware);
    const { nodeId } = await nodeOf('edge-new-disk');
    const reimaged = await site.machine('edge-new-disk', { hardware: { ...hardware, machineId: 'b'.repeat(32) } });
    const run = reimaged.start('run');
    const held = await heldOf(reimaged, run, 'recovery_needs_approval');
    await site.admin.approve(held.registrationId, held.keyFingerprint);
    expect(await run.ended).toMatchObject({ status: 0 });
    expect(await nodeOf('edge-new-disk')).toMatchObject({ nodeId, state: 'ready' });
  });

  it('on another machine waits, and goes on by itself when the first one has left', async () => {
    const first = await handedOff('edge-clash');
    const newcomer = await site.machine('edge-clash');
    const run = newcomer.start('run');
    await heldOf(newcomer, run, 'edge_name_conflict');
    expect(await first.run('run')).toMatchObject({ status: 0 });
    expect(await first.run('reset', '--yes')).toMatchObject({ status: 0 });
    expect(await run.ended).toMatchObject({ status: 0 });
    const { nodes } = await site.known('edge-clash');
    expect(nodes.map(({ state }) => state)).toEqual(['decommissioned', 'ready']);
  });
});

describe.concurrent('a copy of the disk', amongOthers, () => {
  it('on other hardware wants a name of its own, says whose copy it is, and then gets a key of its own', async () => {
    const original = await handedOff('edge-original');
    const copy = await site.clone(original);
    await copy.setHardware({ smbiosUuid: 'c0ffee00-0000-4000-8000-000000000001', serial: 'another-board' });
    const stopped = await copy.run('run');
    expect(stopped.status).toBe(78);
    expect(stopped.stderr).toContain('error E_CLONED: this machine is a copy of edge-original');
    expect(stopped.stderr).toContain('c0ffee00-0000-4000-8000-000000000001');
    expect(await original.run('run')).toMatchObject({ status: 0 });
    await putInputs(copy);
    expect(await copy.run('run', '--edge-name', 'edge-copy')).toMatchObject({ status: 0 });
    expect(await original.run('run')).toMatchObject({ status: 0 });
    const [of, is] = [await nodeOf('edge-original'), await nodeOf('edge-copy')];
    expect([of, is]).toMatchObject([
      { state: 'ready', suspicions: [] },
      { state: 'ready', suspicions: [] },
    ]);
    expect(await copy.read('/var/lib/conjurer/node.key')).not.toBe(await original.read('/var/lib/conjurer/node.key'));
  });

  it('on other hardware can be reset without taking the original out of its cluster', async () => {
    const original = await handedOff('edge-captured');
    const copy = await site.clone(original);
    await copy.setHardware({ smbiosUuid: 'c0ffee00-0000-4000-8000-000000000002', serial: 'a-third-board' });
    const { status, stdout } = await copy.run('reset', '--yes');
    expect(status).toBe(0);
    expect(stdout).toContain('This machine is a copy of edge-captured, whose node was left alone.');
    expect(await copy.read('/var/lib/conjurer/node.key')).toBeNull();
    expect(await original.run('run')).toMatchObject({ status: 0 });
    expect(await nodeOf('edge-captured')).toMatchObject({ state: 'ready', suspicions: [] });
  });

  it('on hardware that cannot be told apart is held by its join state, and the original goes on', async () => {
    const original = await handedOff('edge-twin');
    const copy = await site.clone(original);
    expect(await original.run('run')).toMatchObject({ status: 0 });
    const held = await copy.run('run', '--no-wait');
    expect(held.status).toBe(20);
    expect(held.stderr).toContain('E_CLONE_SUSPECTED');
    const { nodeId, suspicions } = await nodeOf('edge-twin');
    expect(suspicions).toMatchObject([{ state: 'open', call: 'events' }]);
    expect(await original.run('run')).toMatchObject({ status: 0 });

    // An admin who knows that the copy is the one that stays lets it through; from then on the other one is stale.
    const waiting = copy.start('run');
    await waiting.said('waiting for');
    await site.admin.releaseNode(nodeId);
    expect(await waiting.ended).toMatchObject({ status: 0 });
    expect((await original.run('run', '--no-wait')).status).toBe(20);
  });

  it('taken before, as a snapshot that is rolled back, needs a person', async () => {
    const machine = await handedOff('edge-rolled-back');
    const snapshot = `${machine.root}/tmp/snapshot`;
    await cp(machine.at('/var/lib/conjurer'), snapshot, { recursive: true });
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    await rm(machine.at('/var/lib/conjurer'), { recursive: true });
    await cp(snapshot, machine.at('/var/lib/conjurer'), { recursive: true });
    const stopped = await machine.run('run', '--no-wait');
    expect(stopped.status).toBe(20);
    expect((await machine.run('status')).stdout).toContain('an admin of the Controller');
    await putInputs(machine);
    const run = machine.start('recover', '--new-identity', '--yes');
    const held = await heldOf(machine, run, 'recovery_needs_approval');
    await site.admin.approve(held.registrationId, held.keyFingerprint);
    expect(await run.ended).toMatchObject({ status: 0 });
    expect(await nodeOf('edge-rolled-back')).toMatchObject({ state: 'ready', registrationId: held.registrationId });
  });
});
