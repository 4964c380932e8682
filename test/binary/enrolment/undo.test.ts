import { createHash } from 'node:crypto';
import { lstat, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localHost } from '../../../bootstrap/host/local-host.ts';
import { asTypedOn } from '../../support/as-typed-on.ts';
import type { MachineTree } from '../../support/machine-tree.ts';
import { operatorUnit } from '../../support/stand-in/install.ts';
import { filesOf } from './files-of.ts';
import { amongOthers, only, openSite, type Site } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

/** What the image brings and what a person put there: mode and content of each file, without logs and what /run holds. */
async function imageOf({ root }: MachineTree): Promise<Record<string, string>> {
  const files = (await filesOf(root)).filter(file => !/^\/(run|var\/log)\//.test(file));
  const entries = files.map(async (file): Promise<[string, string]> => {
    const at = path.join(root, file);
    const info = await lstat(at);
    const content = info.isSymbolicLink() ? await readlink(at) : digest(await readFile(at));
    return [file, `${(info.mode & 0o7777).toString(8)} ${content}`];
  });
  return Object.fromEntries(await Promise.all(entries));
}

describe.concurrent('conjurer revert', amongOthers, () => {
  it('before activation brings the tree back as it was, and a later run enrols it', async () => {
    const machine = await site.machine('edge-revert', { cluster: 'by-hand' });
    const before = await imageOf(machine);
    expect((await machine.run('run', '--no-wait')).status).toBe(20);
    const reverted = await machine.run('revert', '--yes');
    expect(reverted).toMatchObject({ status: 0 });
    expect(reverted.stdout).toContain('undone  registration');
    const {
      '/var/lib/conjurer/journal.jsonl': _,
      '/var/lib/conjurer/preflight.json': __,
      ...after
    } = await imageOf(machine);
    expect(after).toEqual(before);
    expect(await machine.run('revert', '--yes')).toMatchObject({ status: 0, stdout: 'Nothing to undo.\n' });

    const { registrationId } = only((await site.known('edge-revert')).registrations);
    expect((await machine.run('run', '--no-wait')).status).toBe(20);
    const second = (await site.known('edge-revert')).registrations.find(one => one.registrationId !== registrationId);
    await site.admin.approve(second?.registrationId ?? '', second?.keyFingerprint ?? '');
    expect(await machine.run('run')).toMatchObject({ status: 0 });
  });

  it('after activation undoes what came later, and says why the rest stays', async () => {
    const machine = await site.machine('edge-no-way-back');
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    const { status, stdout } = await machine.run('revert', '--yes');
    expect(status).toBe(0);
    expect(asTypedOn(machine, stdout)).toMatch(
      /kept +registration.*activate is the point of no return: conjurer reset/,
    );
    expect(await localHost(machine).units.state(operatorUnit)).toMatchObject({ enabled: false, active: false });
    expect(await machine.read('/var/lib/conjurer/node.key')).not.toBeNull();
    expect((await site.known('edge-no-way-back')).nodes).toMatchObject([{ state: 'ready' }]);
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    expect(await localHost(machine).units.state(operatorUnit)).toMatchObject({ enabled: true, active: true });
  });
});

describe.concurrent('conjurer reset', amongOthers, () => {
  it('leaves the cluster and leaves nothing behind, so that the disk can be captured; a copy of it enrols as new', async () => {
    const machine = await site.machine('edge-template');
    const { '/etc/conjurer/passphrase': _p, '/etc/conjurer/credentials.pem': _c, ...image } = await imageOf(machine);
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    const { status, stdout } = await machine.run('reset', '--yes');
    expect(status).toBe(0);
    expect(stdout).toContain('The Controller has released this node.');
    expect(await imageOf(machine)).toEqual(image);
    expect((await filesOf(machine.root, '/run')).filter(file => file.startsWith('/run/conjurer'))).toEqual([]);
    expect(await localHost(machine).units.state(operatorUnit)).toMatchObject({ enabled: false, active: false });
    expect((await site.known('edge-template')).nodes).toMatchObject([{ state: 'decommissioned' }]);

    await machine.putInput('passphrase', site.files['at-once'].passphrase);
    await machine.putInput('credentials', site.files['at-once'].credentials);
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    expect((await site.known('edge-template')).nodes.map(({ state }) => state)).toEqual(['decommissioned', 'ready']);
  });

  it('before the hand-off has not been reached, while it waits for approval, wipes too', async () => {
    const machine = await site.machine('edge-early-reset', { cluster: 'by-hand' });
    const { '/etc/conjurer/passphrase': _p, '/etc/conjurer/credentials.pem': _c, ...image } = await imageOf(machine);
    expect((await machine.run('run', '--no-wait')).status).toBe(20);
    const { status, stdout } = await machine.run('reset', '--yes', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'conjurer.reset/v1', decommissioned: 'not-enrolled' });
    expect(await imageOf(machine)).toEqual(image);
  });
});

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
