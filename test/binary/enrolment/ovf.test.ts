import { chmod, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MachineTree } from '../../support/machine-tree.ts';
import { discObstacle, ovfDisc, ovfEnvironment, playTools } from '../../support/ovf-environment.ts';
import { onRung } from '../build/rung.ts';
import { amongOthers, openSite, type Site } from './site.ts';

const PASSPHRASE = '/etc/conjurer/passphrase';
const CREDENTIALS = '/etc/conjurer/credentials.pem';
const DELIVERED = '/var/lib/conjurer/delivered.json';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

const passphrase = () => site.files['at-once'].passphrase.toString().trim();
const properties = (edgeName: string, more: Readonly<Record<string, string>> = {}) => ({
  'conjurer.edgeName': edgeName,
  'conjurer.passphrase': passphrase(),
  'conjurer.credentials': Buffer.from(site.files['at-once'].credentials).toString('base64'),
  'instance-id': 'iid-1',
  ...more,
});

/** A machine as the image brings it: without a name, and without inputs. */
async function bareMachine(edgeName: string): Promise<MachineTree> {
  const machine = await site.machine(edgeName);
  const file = machine.at('/etc/conjurer/conjurer.yaml');
  await writeFile(file, (await readFile(file, 'utf8')).replace(/^edgeName: .*\n/m, ''));
  await chmod(file, 0o600);
  await rm(machine.at(PASSPHRASE));
  await rm(machine.at(CREDENTIALS));
  return machine;
}

async function expectHandedOff(edgeName: string): Promise<void> {
  expect(await site.known(edgeName)).toMatchObject({
    registrations: [{ state: 'approved' }],
    nodes: [{ state: 'ready' }],
  });
}

onRung('a CD with an OVF environment', discObstacle(), () => {
  describe.concurrent('a CD with an OVF environment', amongOthers, () => {
    it('brings name, passphrase and credentials; what it said stays when it is taken out', async () => {
      const machine = await bareMachine('edge-ovf-cd');
      const image = ovfDisc(
        ovfEnvironment(properties('edge-ovf-cd', { 'conjurer.log.level': 'debug' })),
        machine.at('/dev'),
      );
      await rename(image, machine.at('/dev/sr0'));
      const { status, stdout, stderr } = await machine.run('run', '--keep-inputs');
      expect({ status, stderr }).toMatchObject({ status: 0 });
      await expectHandedOff('edge-ovf-cd');
      expect(await machine.read(PASSPHRASE)).toBe(passphrase());
      expect(await readFile(machine.at(CREDENTIALS))).toEqual(Buffer.from(site.files['at-once'].credentials));
      for (const path of [PASSPHRASE, CREDENTIALS]) expect((await stat(machine.at(path))).mode & 0o777).toBe(0o400);
      expect(stdout + stderr).toContain('are on the CD in /dev/sr0: disconnect it');
      expect((await stat(machine.at(DELIVERED))).mode & 0o777).toBe(0o600);
      const log = (await machine.read('/var/log/conjurer/conjurer.log')) ?? '';
      for (const text of [stdout, stderr, log, (await machine.read(DELIVERED)) ?? '']) {
        expect(text).not.toContain(passphrase());
      }

      await rm(machine.at('/dev/sr0'));
      expect(await machine.run('run')).toMatchObject({ status: 0 });
      const { origins } = JSON.parse((await machine.run('status', '--json')).stdout);
      expect(origins).toMatchObject({
        edgeName: 'OVF property conjurer.edgeName (as last seen)',
        'log.level': 'OVF property conjurer.log.level (as last seen)',
      });
    });

    it('that says nothing of conjurer is no obstacle', async () => {
      const machine = await site.machine('edge-other-cd');
      const image = ovfDisc(ovfEnvironment({ hostname: 'x' }), machine.at('/dev'));
      await rename(image, machine.at('/dev/sr0'));
      expect(await machine.run('run')).toMatchObject({ status: 0 });
      await expectHandedOff('edge-other-cd');
    });
  });
});

describe.concurrent("VMware's tools", amongOthers, () => {
  it('bring them too, and lose the secrets alone once these are in their files', async () => {
    const machine = await bareMachine('edge-tools');
    const document = ovfEnvironment(properties('edge-tools', { password: 'for cloud-init' }));
    const held = playTools(machine.root, document);
    const before = JSON.parse((await machine.run('status', '--json')).stdout);
    expect(before.origins).toMatchObject({ edgeName: 'OVF property conjurer.edgeName' });
    expect(await readFile(held, 'utf8')).toBe(document);
    expect(await machine.run('run', '--until', 'facts')).toMatchObject({ status: 0 });
    expect(await readFile(held, 'utf8')).toBe(
      document.replace(/(conjurer\.(?:passphrase|credentials)" oe:value=")[^"]*/g, '$1'),
    );
    expect(await machine.read(PASSPHRASE)).toBe(passphrase());
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    await expectHandedOff('edge-tools');
    expect(await machine.read(PASSPHRASE)).toBeNull();
    const rest = `${await machine.read(DELIVERED)}${await machine.read('/var/lib/conjurer/journal.jsonl')}`;
    expect(rest).not.toContain(passphrase());

    // The hypervisor writes the environment anew when the VM is powered on.
    playTools(machine.root, document);
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    expect(await machine.read(PASSPHRASE)).toBeNull();
    expect(await readFile(held, 'utf8')).not.toContain(passphrase());
  });

  it('that may not blank anything: the run says so and goes on', async () => {
    const machine = await bareMachine('edge-read-only-tools');
    playTools(machine.root, ovfEnvironment(properties('edge-read-only-tools')), { maySet: false });
    const { status, stdout, stderr } = await machine.run('run');
    expect(status).toBe(0);
    expect(stdout + stderr).toContain('does not let conjurer blank the passphrase');
  });

  it('a plan and a preflight see the inputs that a run would write, and write nothing', async () => {
    const machine = await bareMachine('edge-tools-plan');
    const document = ovfEnvironment(properties('edge-tools-plan'));
    const held = playTools(machine.root, document);
    expect(await machine.run('plan')).toMatchObject({ status: 0 });
    expect((await machine.run('preflight', '--json')).stdout).toContain('cluster at-once');
    expect(await machine.read(PASSPHRASE)).toBeNull();
    expect(await readFile(held, 'utf8')).toBe(document);
  });

  it('a corrected passphrase replaces what was handed over before, and never what a person put there', async () => {
    const machine = await bareMachine('edge-corrected');
    const wrong = properties('edge-corrected', { 'conjurer.passphrase': 'mistyped in the form' });
    playTools(machine.root, ovfEnvironment(wrong));
    expect(await machine.run('run')).toMatchObject({
      status: 78,
      stderr: expect.stringContaining('E_PASSPHRASE_WRONG'),
    });
    playTools(machine.root, ovfEnvironment(properties('edge-corrected')));
    expect(await machine.run('run', '--until', 'facts')).toMatchObject({ status: 0 });
    expect(await machine.read(PASSPHRASE)).toBe(passphrase());

    await machine.putInput('passphrase', `${passphrase()}\n`);
    playTools(machine.root, ovfEnvironment(wrong));
    const { status, stdout, stderr } = await machine.run('run');
    expect({ status, said: stdout + stderr }).toEqual({
      status: 0,
      said: expect.stringContaining('stays as it is: the OVF property conjurer.passphrase differs'),
    });
    await expectHandedOff('edge-corrected');
  });

  it('never replace a file that was there before they came', async () => {
    const machine = await bareMachine('edge-had-a-file');
    await machine.putInput('passphrase', 'of a person');
    playTools(machine.root, ovfEnvironment(properties('edge-had-a-file')));
    const { status, stdout, stderr } = await machine.run('run', '--until', 'facts');
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: expect.stringContaining('stays as it is') });
    expect(await machine.read(PASSPHRASE)).toBe('of a person');
  });

  it('with a hostile document: 78, named, and nothing was done', async () => {
    const machine = await bareMachine('edge-hostile');
    const bomb = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>';
    playTools(machine.root, ovfEnvironment(properties('edge-hostile')).replace('<Environment', `${bomb}<Environment`));
    const { status, stderr } = await machine.run('run');
    expect({ status, stderr }).toEqual({ status: 78, stderr: expect.stringContaining('it has a document type') });
    expect(await machine.read(PASSPHRASE)).toBeNull();
    expect(JSON.parse((await machine.run('status', '--json')).stdout).configProblem).toMatchObject({
      code: 'E_CONFIG_INVALID',
    });
  });
});
