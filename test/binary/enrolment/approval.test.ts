import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '../../../agent/pipeline/status.ts';
import type { MachineTree } from '../../support/machine-tree.ts';
import { amongOthers, eventually, only, openSite, type Site, statusWhen } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

const byHand = (edgeName: string) => site.machine(edgeName, { cluster: 'by-hand' });
const waitsForApproval = (status: Status) => status.state === 'waiting' && status.claimCode !== null;

/** The registration of this machine, as an admin finds it. */
const registrationOf = async ({ edgeName }: MachineTree) => only((await site.known(edgeName)).registrations);

async function approve(machine: MachineTree): Promise<void> {
  const { registrationId, keyFingerprint } = await registrationOf(machine);
  await site.admin.approve(registrationId, keyFingerprint);
}

describe.concurrent('waiting for approval', amongOthers, () => {
  it('shows the same claim code and fingerprint everywhere, who must act and since when, and goes on when approved', async () => {
    const machine = await byHand('edge-manual');
    const run = machine.start('run');
    await run.said('waiting for approval');
    const status = await statusWhen(machine, waitsForApproval);
    const { claimCode, keyFingerprint, registrationId, createdAt } = await registrationOf(machine);

    expect(run.stdout()).toMatch(
      new RegExp(
        `  must act    an admin of the Controller\n  claim code  ${claimCode}\n  fingerprint ${escaped(keyFingerprint)}\n`,
      ),
    );
    expect(status).toMatchObject({
      claimCode,
      keyFingerprint,
      registrationId,
      waiting: { who: 'controller-admin', what: 'approval of the registration' },
    });
    expect(Math.abs(Date.parse(status.waiting?.since ?? '') - Date.parse(createdAt))).toBeLessThanOrEqual(2000);
    const shown = await machine.run('status');
    expect(shown).toMatchObject({ status: 0, stderr: '' });
    expect(shown.stdout).toContain('edge-manual: waiting');
    expect(shown.stdout).toMatch(new RegExp(`claim code +${claimCode}\n +fingerprint +${escaped(keyFingerprint)}\n`));
    expect(shown.stdout).toMatch(
      /Waiting for approval of the registration, \d+ s already\n +who must act an admin of the Controller/,
    );
    expect(shown.stdout).toContain(`Next: compare claim code ${claimCode} on the Controller`);

    await approve(machine);
    const { status: exit, stdout } = await run.ended;
    expect({ exit, last: stdout.trim().split('\n').at(-1) }).toEqual({
      exit: 0,
      last: 'Handed off: the Controller manages this machine.',
    });
    expect((await site.known('edge-manual')).nodes).toMatchObject([{ state: 'ready', suspicions: [] }]);
    expect(await statusWhen(machine, () => true)).toMatchObject({ state: 'handed-off', waiting: null, exitStatus: 0 });
  });

  it('with --no-wait ends with 20 each time, with one registration, and 0 once it was approved', async () => {
    const machine = await byHand('edge-no-wait');
    for (let turn = 0; turn < 2; turn += 1) {
      const { status, stderr } = await machine.run('run', '--no-wait');
      expect(status).toBe(20);
      expect(stderr).toContain((await registrationOf(machine)).claimCode);
    }
    const { stdout } = await machine.run('status');
    expect(stdout).toContain('edge-no-wait: waiting');
    expect(stdout).toMatch(/Waiting for approval of the registration, \d+ s already/);
    expect(stdout).not.toContain('Last error');
    await approve(machine);
    expect(await machine.run('run', '--no-wait')).toMatchObject({ status: 0 });
    expect((await site.known('edge-no-wait')).nodes).toMatchObject([{ state: 'ready' }]);
  });

  it('denied: 77 with the reason, again at the next run, and a recovery asks with a new key', async () => {
    const machine = await byHand('edge-denied');
    const run = machine.start('run');
    await run.said('waiting for approval');
    const denied = await registrationOf(machine);
    await site.admin.deny(denied.registrationId, 'not one of our machines');
    const { status, stderr } = await run.ended;
    expect(status).toBe(77);
    expect(stderr).toContain('error E_REGISTRATION_DENIED: the registration was denied: not one of our machines');
    expect(await statusWhen(machine, ({ exitStatus }) => exitStatus !== null)).toMatchObject({
      state: 'failed',
      exitStatus: 77,
      lastError: { code: 'E_REGISTRATION_DENIED' },
    });
    expect((await machine.run('run')).status).toBe(77);
    expect((await site.known('edge-denied')).registrations).toHaveLength(1);

    expect((await machine.run('recover', '--yes', '--no-wait')).status).toBe(20);
    const { registrations } = await site.known('edge-denied');
    expect(registrations).toMatchObject([
      { state: 'denied', reason: 'not one of our machines' },
      { state: 'discovered', request: { intent: 'recover' } },
    ]);
    expect(registrations[1]?.keyFingerprint).not.toBe(denied.keyFingerprint);
  });

  it('Ctrl-C ends with 130 and SIGTERM with 143; the next run goes on with the same registration', async () => {
    const machine = await byHand('edge-stopped');
    const endings = [
      { signal: 'SIGINT', exit: 130, code: 'E_INTERRUPTED' },
      { signal: 'SIGTERM', exit: 143, code: 'E_TERMINATED' },
    ] as const;
    for (const { signal, exit, code } of endings) {
      const run = machine.start('run');
      await run.said('waiting for approval');
      run.process.kill(signal);
      const { status, stderr } = await run.ended;
      expect(status).toBe(exit);
      expect(stderr).toContain(`stopped ${code}: stopped at a safe point`);
      expect(stderr).toContain('type the same command again: it goes on from here');
      expect(await statusWhen(machine, ({ exitStatus }) => exitStatus === exit)).toMatchObject({
        state: 'interrupted',
      });
    }
    const last = machine.start('run');
    await last.said('waiting for approval');
    await approve(machine);
    expect((await last.ended).status).toBe(0);
    expect(await site.known('edge-stopped')).toMatchObject({ registrations: [{}], nodes: [{ state: 'ready' }] });
  });

  it('a registration that expired is made anew with the same key, and its approval goes through', async () => {
    const machine = await byHand('edge-expired');
    const run = machine.start('run');
    await run.said('waiting for approval');
    const first = await registrationOf(machine);
    await site.admin.expire(first.registrationId);
    const second = await eventually(async () => {
      const { registrations } = await site.known('edge-expired');
      return registrations.find(({ state }) => state === 'discovered') ?? null;
    }, run.stdout);
    expect(second).toMatchObject({ keyFingerprint: first.keyFingerprint, bodySha256: first.bodySha256 });
    expect(second.registrationId).not.toBe(first.registrationId);
    await site.admin.approve(second.registrationId, first.keyFingerprint);
    expect((await run.ended).status).toBe(0);
  });
});

describe.concurrent('while a run waits', amongOthers, () => {
  it('a second one ends with 75 and names pid, stage and age; what only looks does not wait', async () => {
    const machine = await byHand('edge-locked');
    const run = machine.start('run');
    await run.said('waiting for approval');
    await statusWhen(machine, waitsForApproval);
    const { pid } = run.process;

    const second = await machine.run('run');
    expect(second.status).toBe(75);
    expect(second.stderr).toMatch(
      new RegExp(`error E_LOCKED: .*conjurer run, pid ${pid}, in stage register, since \\d+ s`),
    );
    for (const command of ['revert', 'reset'] as const) {
      expect(await machine.run(command, '--yes')).toMatchObject({ status: 75 });
    }
    const [status, facts, plan, preflight] = await Promise.all([
      machine.run('status', '--json'),
      machine.run('facts', '--json'),
      machine.run('plan'),
      machine.run('preflight', '--json'),
    ]);
    expect(JSON.parse(status.stdout)).toMatchObject({ state: 'waiting', pid });
    expect(JSON.parse(facts.stdout)).toMatchObject({ schema: 'conjurer.facts/v1', hostname: 'edge-locked' });
    expect(plan).toMatchObject({ status: 0, stderr: '' });
    expect(plan.stdout).toContain('register');
    const { checks } = JSON.parse(preflight.stdout) as { checks: { status: string }[] };
    expect(checks.filter(({ status: found }) => found === 'fail')).toEqual([]);

    await approve(machine);
    expect((await run.ended).status).toBe(0);
    expect(await site.known('edge-locked')).toMatchObject({ registrations: [{}], nodes: [{ state: 'ready' }] });
  });

  it('a recovery ends with 75 and leaves nothing for a later run to stumble over', async () => {
    const machine = await byHand('edge-recover-locked');
    const run = machine.start('run');
    await run.said('waiting for approval');
    expect((await machine.run('recover', '--new-identity', '--yes')).status).toBe(75);
    expect(await machine.read('/var/lib/conjurer/recovery.json')).toBeNull();
    await approve(machine);
    expect((await run.ended).status).toBe(0);
    expect((await machine.run('run')).status).toBe(0);
    expect((await site.known('edge-recover-locked')).registrations).toHaveLength(1);
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
