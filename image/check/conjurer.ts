import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { UNITS } from '../rootfs/install-conjurer.ts';
import { readInstallList } from '../rootfs/lay-files.ts';
import { type Check, type Finding, notEmpty, present } from './check.ts';
import type { Tree } from './tree.ts';

/** conjurer in the image: there, in force, and without the traces of a machine. */
export const conjurerChecks: readonly Check[] = [
  {
    id: 'conjurer',
    why: 'the machine would never register',
    fix: 'npm run build, and lay dist/conjurer-linux-x64 to /usr/bin/conjurer, 0755',
    find: tree => {
      const stats = tree.stats('/usr/bin/conjurer');
      if (stats === null || !stats.isFile()) return [{ where: '/usr/bin/conjurer', seen: 'is missing' }];
      if ((stats.mode & 0o111) !== 0o111) return [{ where: '/usr/bin/conjurer', seen: 'is not executable' }];
      return stats.size === 0 ? [{ where: '/usr/bin/conjurer', seen: 'is empty' }] : [];
    },
  },
  {
    id: 'units',
    why: 'conjurer, its firewall, its way back of the network or its renewal would not start',
    fix: 'systemd/install.list says what goes where, and what is enabled',
    find: tree => readInstallList(UNITS).flatMap(file => findUnit(tree, file)),
  },
  {
    id: 'conjurer-state',
    why: 'the machine would take itself for the one that this image was made from',
    fix: 'conjurer reset --yes',
    find: tree => [
      ...notEmpty(tree, ['/var/lib/conjurer', '/etc/conjurer/firewall', '/run/conjurer']),
      ...present(tree, ['/etc/netplan/60-conjurer.yaml', '/run/issue.d/conjurer.issue']),
    ],
  },
  {
    id: 'edge-name',
    why: 'all machines would register under one name',
    fix: 'take edgeName out of the image; a site brings it by cloud-init or OVF property',
    find: tree => {
      const names = tree.names('/etc/conjurer/conjurer.yaml.d').map(name => `/etc/conjurer/conjurer.yaml.d/${name}`);
      return ['/etc/conjurer/conjurer.yaml', ...names].flatMap(where => {
        const { data } = Config.safeParse(parseDocument(tree.text(where) ?? '').toJS());
        return data?.edgeName === undefined ? [] : [{ where, seen: `edgeName: ${data.edgeName}` }];
      });
    },
  },
  {
    id: 'build-id',
    why: 'an older signed manifest could be put in place of the one of this image',
    fix: 'BUILD_ID=… in /usr/lib/os-release',
    find: tree => {
      const id = /^BUILD_ID=(.+)$/m.exec(tree.text('/etc/os-release') ?? '')?.[1];
      return id === undefined ? [{ where: '/etc/os-release', seen: 'no BUILD_ID' }] : [];
    },
  },
  {
    id: 'manifest',
    why: 'the machine could not tell whether it holds what was built',
    fix: 'conjurer --root TREE manifest create, sign, verify (docs/components.md)',
    find: tree =>
      ['/usr/share/conjurer/manifest.json', '/usr/share/conjurer/manifest.json.sig']
        .filter(path => !tree.has(path))
        .map(where => ({ where, seen: 'is missing' })),
  },
];

const Config = z.object({ edgeName: z.string().optional() });

function findUnit(tree: Tree, { source, path, mode, enabled }: ReturnType<typeof readInstallList>[number]): Finding[] {
  const stats = tree.stats(path);
  if (stats === null || !stats.isFile()) return [{ where: path, seen: 'is missing' }];
  if ((stats.mode & 0o777) !== mode) return [{ where: path, seen: `mode ${(stats.mode & 0o777).toString(8)}` }];
  if (tree.has(join('/etc/systemd/system', source))) return [{ where: path, seen: 'is overridden or masked in /etc' }];
  if (enabled === null) return [];
  const isEnabled = tree
    .names('/etc/systemd/system')
    .some(name => name.endsWith('.wants') && tree.has(`/etc/systemd/system/${name}/${source}`));
  return isEnabled === enabled ? [] : [{ where: path, seen: isEnabled ? 'is enabled' : 'is not enabled' }];
}
