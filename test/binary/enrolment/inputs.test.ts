import { chmod, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../controller/pki/authority.ts';
import { asTypedOn } from '../../support/as-typed-on.ts';
import type { MachineTree } from '../../support/machine-tree.ts';
import type { Ended } from '../../support/started.ts';
import { amongOthers, openSite, type Site, statusWhen } from './site.ts';

const PASSPHRASE = '/etc/conjurer/passphrase';
const CREDENTIALS = '/etc/conjurer/credentials.pem';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

/** The page of an error, its status, status.json, and that the Controller heard nothing. */
async function expectRefused(machine: MachineTree, ended: Ended, wanted: Refusal): Promise<void> {
  const { status, stderr } = ended;
  const [told = ''] = /^error E_.*/ms.exec(stderr) ?? [];
  expect(told).toContain(`conjurer --root ${machine.root} explain ${wanted.code}`);
  const page = asTypedOn(machine, told);
  expect({ status, page }).toEqual({ status: 78, page: expect.stringContaining(`error ${wanted.code}: `) });
  if (wanted.check !== undefined) expect(page).toMatch(new RegExp(`^ +check +${wanted.check}$`, 'm'));
  expect(page).toMatch(new RegExp(`What to do next\n  ${wanted.next}`));
  expect(page).toMatch(/^ +exit +78 /m);
  expect(await statusWhen(machine, ({ exitStatus }) => exitStatus !== null)).toMatchObject({
    state: 'failed',
    exitStatus: 78,
    lastError: { code: wanted.code, check: wanted.check ?? null },
  });
  expect(await site.known(machine.edgeName)).toEqual({ registrations: [], nodes: [] });
}

interface Refusal {
  readonly code: string;
  readonly check?: string;
  /** A regular expression. */
  readonly next: string;
}

async function expectThrough(machine: MachineTree, ended: Ended): Promise<void> {
  expect(ended).toMatchObject({ status: 0 });
  const { registrations, nodes } = await site.known(machine.edgeName);
  expect({ registrations, nodes }).toMatchObject({
    registrations: [{ state: 'approved' }],
    nodes: [{ state: 'ready' }],
  });
}

const passphrase = () => site.files['at-once'].passphrase.toString().trim();

describe.concurrent('the passphrase', amongOthers, () => {
  it('that is wrong: 78 before any request, named and never shown; then the right one goes on', async () => {
    const machine = await site.machine('edge-wrong-passphrase');
    const wrong = 'a wrong passphrase, as a canary';
    await machine.putInput('passphrase', wrong);
    const ended = await machine.run('run');
    await expectRefused(machine, ended, { code: 'E_PASSPHRASE_WRONG', check: 'mac', next: '.*passphrase' });
    const log = await machine.read('/var/log/conjurer/conjurer.log');
    for (const text of [ended.stdout, ended.stderr, log]) expect(text).not.toContain('canary');
    await machine.putInput('passphrase', passphrase());
    await expectThrough(machine, await machine.run('run'));
  });

  it.each([
    ['a newline', '\n'],
    ['CR and LF', '\r\n'],
    ['nothing', ''],
  ])('may end in %s', async (_name, end) => {
    const machine = await site.machine(`edge-passphrase-x${Buffer.from(end).toString('hex')}`);
    await machine.putInput('passphrase', `${passphrase()}${end}`);
    await expectThrough(machine, await machine.run('run'));
  });
});

describe.concurrent('the credentials', amongOthers, () => {
  it('in which the CA was swapped: 78, credentials_changed', async () => {
    const machine = await site.machine('edge-swapped-ca');
    const attacker = await createAuthority('Conjurer Controller CA', new Date(0), new Date('2046-01-01T00:00:00Z'));
    const original = site.files['at-once'].credentials.toString();
    const swapped = original.replace(site.controller.ca.trim(), attacker.pem.trim());
    expect(swapped).not.toBe(original);
    await machine.putInput('credentials', swapped);
    await expectRefused(machine, await machine.run('run'), {
      code: 'E_CREDENTIALS_CHANGED',
      check: 'mac',
      next: '.*credentials',
    });
    expect(JSON.parse((await machine.run('run', '--json')).stdout)).toMatchObject({
      error: { problem: 'credentials_changed', exitStatus: 78 },
    });
  });
});

describe.concurrent('a file that is not safe is refused, and the next step that is told mends it', amongOthers, () => {
  it.each([
    [PASSPHRASE, 'passphrase'],
    [CREDENTIALS, 'credentials'],
  ])('%s of mode 0644', async (file, name) => {
    const machine = await site.machine(`edge-mode-${name}`);
    await chmod(machine.at(file), 0o644);
    const ended = await machine.run('run');
    const command = `chmod 0400 ${file}`;
    await expectRefused(machine, ended, { code: 'E_INPUT_UNSAFE', next: `${command}, then: conjurer run` });
    expect(ended.stderr).toMatch(/seen +its mode is 0644, so others can read or change it\n +wanted +mode 0400/);
    await chmod(machine.at(file), 0o400);
    await expectThrough(machine, await machine.run('run'));
  });

  it.each([
    [PASSPHRASE, 'passphrase'],
    [CREDENTIALS, 'credentials'],
  ])('%s as a symlink', async (file, name) => {
    const machine = await site.machine(`edge-link-${name}`);
    await rename(machine.at(file), machine.at(`/etc/conjurer/the-real-${name}`));
    await symlink(`the-real-${name}`, machine.at(file));
    const ended = await machine.run('run');
    await expectRefused(machine, ended, { code: 'E_INPUT_UNSAFE', next: `put the file itself at ${file}` });
  });

  it.each([
    [PASSPHRASE, 'passphrase'],
    [CREDENTIALS, 'credentials'],
  ])('%s missing', async (file, name) => {
    const machine = await site.machine(`edge-missing-${name}`);
    await rm(machine.at(file));
    const ended = await machine.run('run');
    await expectRefused(machine, ended, { code: 'E_INPUT_MISSING', next: '' });
    expect(ended.stderr).toContain(`the ${name} file ${file} is not there`);
  });
});

describe.concurrent("the vendor's documented command line", amongOthers, () => {
  it('with -t tests, without it enrols; the files may lie anywhere, and go when they lie on this machine', async () => {
    const machine = await site.machine('edge-vendor');
    const outside = await mkdtemp(path.join(tmpdir(), 'conjurer-usb-'));
    try {
      await rename(machine.at(PASSPHRASE), machine.at('/tmp/pass phrase.txt'));
      await rm(machine.at(CREDENTIALS));
      const pem = path.join(outside, 'creds.pem');
      await writeFile(pem, site.files['at-once'].credentials, { mode: 0o400 });
      await machine.configure({ edgeName: 'edge-of-the-file' });
      const line = [
        '-edge-name="edge-vendor"',
        `-passphrase-file="${machine.at('/tmp/pass phrase.txt')}"`,
        '-creds-file',
        pem,
      ];
      const tested = await machine.run(...line, '-t');
      expect([0, 4]).toContain(tested.status);
      expect(tested.stderr).toBe('');
      expect(tested.stdout).toContain('[+] credentials');
      expect(await machine.read('/var/lib/conjurer/node.key')).toBeNull();
      expect(await site.known('edge-vendor')).toEqual({ registrations: [], nodes: [] });

      await expectThrough(machine, await machine.run(...line));
      expect(await machine.read('/tmp/pass phrase.txt')).toBeNull();
      expect((await site.known('edge-of-the-file')).registrations).toEqual([]);
    } finally {
      await rm(outside, { recursive: true });
    }
  });
});
