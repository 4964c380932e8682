import { mkdir, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Recording, type RecordingKind } from '../../../agent/diagnostics/flight-recorder/recording.ts';
import type { MachineTree } from '../../support/machine-tree.ts';
import { filesOf, modeOf } from './files-of.ts';
import { amongOthers, only, openSite, type Site, statusWhen } from './site.ts';

const folder = '/var/lib/conjurer/flight-recorder';
const wrong = 'a wrong passphrase, as a canary';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

async function recorded(machine: MachineTree, kind: RecordingKind = 'run'): Promise<Recording> {
  return Recording.parse(JSON.parse((await machine.read(`${folder}/${kind}.json`)) ?? 'null'));
}

const bootIdOf = (machine: MachineTree) => machine.read('/proc/sys/kernel/random/boot_id').then(text => text?.trim());
const passphrase = () => site.files['at-once'].passphrase;

describe.concurrent('what failed first', amongOthers, () => {
  it('is still known after a restart and another failure, and after all is well', async () => {
    const machine = await site.machine('edge-recorded', { cluster: 'by-hand' });
    await machine.putInput('passphrase', wrong);
    const failed = await machine.run('run');
    const code = /^error (E_\w+):/m.exec(failed.stderr)?.[1];
    const firstBoot = await bootIdOf(machine);

    await machine.reboot();
    expect(await machine.read('/run/conjurer/status.json')).toBeNull();
    await machine.putInput('passphrase', site.files['by-hand'].passphrase);
    expect((await machine.run('run', '--no-wait')).status).toBe(20);
    const denied = only((await site.known('edge-recorded')).registrations);
    await site.admin.deny(denied.registrationId, 'not yet');
    expect((await machine.run('run')).status).toBe(77);
    const after = await recorded(machine);
    expect(code).toBeDefined();
    expect(after.first).toMatchObject({ command: 'run', bootId: firstBoot, error: { code } });
    const secondBoot = await bootIdOf(machine);
    expect(secondBoot).not.toBe(firstBoot);
    expect(after.recent).toMatchObject([{ bootId: secondBoot, error: { code: 'E_REGISTRATION_DENIED' } }]);

    expect((await machine.run('recover', '--yes', '--no-wait')).status).toBe(20);
    const again = (await site.known('edge-recorded')).registrations.find(({ state }) => state === 'discovered');
    await site.admin.approve(again?.registrationId ?? '', again?.keyFingerprint ?? '');
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    const settled = await recorded(machine);
    expect(settled).toMatchObject({ first: after.first, open: null });
    expect(settled.settledAt).not.toBeNull();
    expect(await modeOf(machine.root, `${folder}/run.json`)).toBe(0o600);
    expect(await modeOf(machine.root, folder)).toBe(0o700);
    expect(JSON.stringify(settled)).not.toContain('canary');
  });

  it('is the run that was killed, with the stage that it was in', async () => {
    const machine = await site.machine('edge-cut-off', { cluster: 'by-hand' });
    const run = machine.start('run');
    await run.said('waiting for approval');
    await statusWhen(machine, ({ state }) => state === 'waiting');
    run.process.kill('SIGKILL');
    await run.ended;
    expect(await recorded(machine)).toMatchObject({ first: null, open: { endedAt: null } });

    await machine.reboot();
    expect((await machine.run('run', '--no-wait')).status).toBe(20);
    const { first, recent, open } = await recorded(machine);
    expect({ recent, open }).toEqual({ recent: [], open: null });
    expect(first).toMatchObject({ endedAt: null, error: null });
    expect(first?.stages.at(-1)).toMatchObject({ name: 'register', state: 'running' });
    expect(first?.waits).toMatchObject([{ what: 'approval of the registration', code: null }]);
  });

  it('is what the Controller answered, by its name for the request', async () => {
    const machine = await site.machine('edge-refused', { cluster: 'by-hand' });
    expect((await machine.run('run', '--no-wait')).status).toBe(20);
    await expect(recorded(machine)).rejects.toThrow();
    const { registrationId } = only((await site.known('edge-refused')).registrations);
    await site.admin.deny(registrationId, 'not one of our machines');
    for (let again = 0; again < 3; again += 1) expect((await machine.run('run')).status).toBe(77);
    const { first, recent } = await recorded(machine);
    expect(first?.error).toMatchObject({
      code: 'E_REGISTRATION_DENIED',
      message: 'the registration was denied: not one of our machines',
      data: { registrationId },
    });
    expect(only(recent)).toMatchObject({ times: 2, error: { code: 'E_REGISTRATION_DENIED' } });
  });

  it('of a preflight is each check that did not pass', async () => {
    const machine = await site.machine('edge-preflight');
    await machine.putInput('passphrase', wrong);
    expect((await machine.run('preflight')).status).toBe(3);
    const { first } = await recorded(machine, 'preflight');
    expect(first?.checks).toContainEqual(expect.objectContaining({ id: 'credentials', status: 'fail' }));
    expect(JSON.stringify(first)).not.toContain('canary');
  });
});

it('a run that succeeds at once leaves no file', amongOthers, async () => {
  const machine = await site.machine('edge-in-order');
  expect(await machine.run('run')).toMatchObject({ status: 0 });
  expect(await filesOf(machine.root, folder)).toEqual([]);
});

it('a run goes its way where nothing can be recorded', amongOthers, async () => {
  const machine = await site.machine('edge-unrecorded');
  await mkdir(machine.at('/var/lib/conjurer'), { recursive: true, mode: 0o700 });
  // A file where the directory should be: also root cannot write below it.
  await machine.putInput('passphrase', wrong);
  await writeFile(machine.at(folder), 'in the way');
  const failed = await machine.run('run');
  expect(failed.stderr).toContain('error E_');
  expect(failed.stderr).not.toContain('flight-recorder');
  await machine.putInput('passphrase', passphrase());
  expect(await machine.run('run')).toMatchObject({ status: 0 });
});
