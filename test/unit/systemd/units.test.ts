import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { onRung } from '../../binary/build/rung.ts';
import { temporaryTree } from '../../support/temporary-tree.ts';
import { generations, unitText } from './cloud-init.ts';

const folder = join(import.meta.dirname, '../../../systemd');
const files = (await readdir(folder)).filter(name => name !== 'install.list');
const units = files.filter(name => /\.(service|timer)$/.test(name));
const base = '/lib/systemd/system';

const installed = (await readFile(join(folder, 'install.list'), 'utf8'))
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('#'))
  .map(line => {
    const [file = '', mode = '', path = '', enabled = ''] = line.split(/\s+/);
    return { file, mode, path, enabled };
  });

describe('the list of what the image installs', () => {
  it('has every file of the folder once, and nothing else', () => {
    expect(installed.map(({ file }) => file).toSorted()).toEqual(files.toSorted());
  });

  it.each(installed)(
    '$file is there with its mode, and goes where it is looked for',
    async ({ file, mode, path, enabled }) => {
      expect(((await stat(join(folder, file))).mode & 0o111) !== 0).toBe(mode === '0755');
      expect(path.endsWith(`/${file}`)).toBe(true);
      const text = await readFile(join(folder, file), 'utf8');
      expect(text.includes('\n[Install]\n')).toBe(enabled === 'enabled');
      for (const [, program] of text.matchAll(/^ExecStart=(\/usr\/lib\/conjurer\/\S+)/gm)) {
        expect(installed.map(one => one.path)).toContain(program);
      }
    },
  );
});

/** Every directive, with the version of systemd that brought it where that is after 219. */
const known: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    [
      ...['Description', 'DefaultDependencies', 'After', 'Before', 'Wants', 'Conflicts', 'RequiresMountsFor'],
      ...['ConditionPathExists', 'Type', 'RemainAfterExit', 'ExecStart', 'TimeoutStartSec', 'Restart', 'RestartSec'],
      ...[
        'RestartPreventExitStatus',
        'StandardOutput',
        'StandardError',
        'LimitCORE',
        'UMask',
        'NoNewPrivileges',
        'PrivateTmp',
      ],
      ...['ProtectHome', 'RestrictAddressFamilies', 'SystemCallArchitectures', 'WantedBy'],
      ...['OnCalendar', 'OnActiveSec', 'AccuracySec', 'Persistent'],
    ].map(name => [name, 219]),
  ),
  RandomizedDelaySec: 229,
  RemainAfterElapse: 229,
  StartLimitIntervalSec: 230,
  RestrictRealtime: 231,
  ProtectControlGroups: 232,
  RestrictNamespaces: 233,
  LockPersonality: 235,
  KeyringMode: 235,
};

it.each(units)('%s says nothing that systemd 237 does not understand', async unit => {
  const text = await readFile(join(folder, unit), 'utf8');
  const directives = [...text.matchAll(/^([A-Za-z]+)=/gm)].map(match => match[1] ?? '');
  expect(directives.length).toBeGreaterThan(0);
  expect(directives.filter(name => (known[name] ?? 999) > 237)).toEqual([]);
});

/** What systemd says of the boot with these units, and with the cloud-init of that generation. */
async function verify(generation: string, change: (name: string, text: string) => string = (_, text) => text) {
  const tree = await temporaryTree();
  const wants = async (wanting: string, name: string, from = tree) => {
    await mkdir(join(tree, `${wanting}.wants`), { recursive: true });
    await symlink(join(from, name), join(tree, `${wanting}.wants`, name));
  };
  for (const name of ['multi-user.target', 'sysinit.target', 'timers.target']) {
    await copyFile(join(base, name), join(tree, name));
  }
  for (const [name, ordering] of Object.entries(generations[generation] ?? {})) {
    await writeFile(join(tree, name), unitText(name, ordering));
    if (name.endsWith('.service')) await wants('cloud-init.target', name);
  }
  await wants('multi-user.target', 'cloud-init.target');
  // The way from network-pre.target to cloud-init's network stage leads over these.
  await wants('multi-user.target', 'systemd-networkd.service', base);
  await wants('network-online.target', 'systemd-networkd-wait-online.service', base);
  for (const { file, enabled } of installed.filter(one => units.includes(one.file))) {
    const text = change(file, await readFile(join(folder, file), 'utf8'));
    await writeFile(join(tree, file), text.replaceAll(/^ExecStart=.*$/gm, 'ExecStart=/bin/true'));
    const wanting = /^WantedBy=(.*)$/m.exec(text)?.[1];
    if (enabled === 'enabled' && wanting !== undefined) await wants(wanting, file);
  }
  const env = { ...process.env, SYSTEMD_UNIT_PATH: `${tree}:${base}`, LC_ALL: 'C' };
  const paths = ['multi-user.target', ...units].map(name => join(tree, name));
  const said = await new Promise<string>(resolve => {
    execFile('systemd-analyze', ['verify', '--man=no', ...paths], { env }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
  return said.split('\n').filter(line => line.includes('cycle') || /conjurer|cloud-/.test(line));
}

const obstacle = ['/usr/bin/systemd-analyze', `${base}/multi-user.target`].find(path => !existsSync(path));
onRung('systemd-analyze', obstacle === undefined ? null : `${obstacle} is not there`, () => {
  describe.each(Object.keys(generations))('with cloud-init %s', generation => {
    it('systemd finds nothing wrong with the units', async () => {
      expect(await verify(generation)).toEqual([]);
    });

    it('the check finds that the agent after cloud-final is an ordering cycle', async () => {
      const said = await verify(generation, (name, text) =>
        name === 'conjurer.service' ? text.replace('After=cloud-config.target', 'After=cloud-final.service') : text,
      );
      expect(said.join('\n')).toMatch(/ordering cycle/);
    });

    it('the check finds that rules before the network with default dependencies are an ordering cycle', async () => {
      const said = await verify(generation, (name, text) =>
        name === 'conjurer-firewall.service'
          ? text.replace('DefaultDependencies=no\n', '').replace('sysinit.target', 'multi-user.target')
          : text,
      );
      expect(said.join('\n')).toMatch(/ordering cycle/);
    });
  });
});
