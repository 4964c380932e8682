import { parseDocument } from 'yaml';
import { z } from 'zod';
import { type Check, type Finding, notEmpty, present } from './check.ts';
import type { Tree } from './tree.ts';

const CloudConfig = z.object({ network: z.unknown().optional() });

/** cloud-init must find a machine that it has never seen, and every input that is given to it. */
export const cloudInitChecks: readonly Check[] = [
  {
    id: 'cloud-init-state',
    why: 'cloud-init would take parts of the first boot for done',
    fix: 'cloud-init clean --logs --seed',
    find: tree => notEmpty(tree, ['/var/lib/cloud', '/run/cloud-init']),
  },
  {
    id: 'cloud-init-disabled',
    why: 'cloud-init would not run, or look in one place only, and no input would arrive',
    fix: 'rm /etc/cloud/cloud-init.disabled; take cloud-init= and ds= out of the command line of the kernel',
    find: tree => [...present(tree, ['/etc/cloud/cloud-init.disabled']), ...kernelArguments(tree)],
  },
  {
    id: 'datasource-list',
    why: 'ds-identify reads only a list on one line; it would look for every cloud, or for the wrong one',
    fix: 'datasource_list: [NoCloud, VMware, OVF, None], on one line, in one file of /etc/cloud/cloud.cfg.d',
    find: findDatasourceList,
  },
  {
    id: 'network-disabled',
    why: "cloud-init would leave every machine's network alone",
    fix: 'delete the file, or its section "network"',
    find: tree =>
      cloudConfigs(tree)
        .filter(({ text }) => CloudConfig.safeParse(parseDocument(text).toJS()).data?.network !== undefined)
        .map(({ path }) => ({ where: path, seen: 'has a section "network"' })),
  },
  {
    id: 'network-left-over',
    why: 'netplan adds what is in it to what a machine is given: addresses of the builder stay',
    fix: 'rm /etc/netplan/*.yaml; a machine without network data uses DHCP on its first interface',
    find: tree => [
      ...yamlFiles(tree, '/etc/netplan'),
      ...tree
        .names('/etc/systemd/network')
        .filter(name => name.endsWith('.network'))
        .map(name => ({ where: `/etc/systemd/network/${name}`, seen: 'is there' })),
      ...interfaces(tree),
    ],
  },
  {
    id: 'installer-left-over',
    why: "the installer's files switch off network or datasources of every machine",
    fix: 'delete them',
    find: tree =>
      present(tree, [
        '/etc/cloud/ds-identify.cfg',
        '/etc/cloud/cloud.cfg.d/90-installer-network.cfg',
        '/etc/cloud/cloud.cfg.d/99-installer.cfg',
        '/etc/cloud/cloud.cfg.d/curtin-preserve-sources.cfg',
        '/etc/cloud/cloud.cfg.d/subiquity-disable-cloudinit-networking.cfg',
      ]),
  },
];

/** cloud-init=disabled, and the datasource that a test was booted with. */
function kernelArguments(tree: Tree): Finding[] {
  const files = [
    '/boot/grub/grub.cfg',
    '/etc/default/grub',
    ...tree.files('/etc/default/grub.d').map(({ path }) => path),
  ];
  return files.flatMap(where => {
    const found = /^[^#\n]*[\s"'](cloud-init=\w+|ds=[^\s"']+)/m.exec(tree.text(where) ?? '')?.[1];
    return found === undefined ? [] : [{ where, seen: found }];
  });
}

/** As cloud-init merges them: the last file wins. */
function cloudConfigs(tree: Tree): { path: string; text: string }[] {
  const names = tree.names('/etc/cloud/cloud.cfg.d').filter(name => name.endsWith('.cfg'));
  return ['/etc/cloud/cloud.cfg', ...names.map(name => `/etc/cloud/cloud.cfg.d/${name}`)]
    .map(path => ({ path, text: tree.text(path) }))
    .filter(file => file.text !== null)
    .map(({ path, text }) => ({ path, text: text ?? '' }));
}

function findDatasourceList(tree: Tree): Finding[] {
  const lists = cloudConfigs(tree).flatMap(({ path, text }) => {
    const lines = text.split('\n').filter(line => /^\s*datasource_list\s*:/.test(line));
    return lines.map(line => ({ where: path, seen: line.trim() }));
  });
  const last = lists.at(-1);
  if (last === undefined) return [{ where: '/etc/cloud/cloud.cfg.d', seen: 'no datasource_list' }];
  const names = /^datasource_list\s*:\s*\[([^\]]+)\]\s*(#.*)?$/.exec(last.seen)?.[1]?.split(/\s*,\s*/);
  if (names === undefined) return [{ ...last, seen: `not a list on one line: ${last.seen}` }];
  const missing = ['NoCloud', 'VMware', 'OVF', 'None'].filter(name => !names.map(one => one.trim()).includes(name));
  return missing.length === 0 ? [] : [{ ...last, seen: `without ${missing.join(', ')}: ${last.seen}` }];
}

function yamlFiles(tree: Tree, directory: string): Finding[] {
  const names = tree.names(directory).filter(name => name.endsWith('.yaml'));
  return names.map(name => ({ where: `${directory}/${name}`, seen: 'is there' }));
}

/** Loopback alone is what Debian ships. */
function interfaces(tree: Tree): Finding[] {
  const lines = (tree.text('/etc/network/interfaces') ?? '').split('\n');
  const own = lines.filter(line => /^\s*iface\s/.test(line) && !/^\s*iface\s+lo\s/.test(line));
  return own.map(line => ({ where: '/etc/network/interfaces', seen: line.trim() }));
}
