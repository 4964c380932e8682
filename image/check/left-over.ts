import { type Check, type Finding, notEmpty, present } from './check.ts';
import type { Tree } from './tree.ts';

/** What the building of the image left in it. */
export const leftOverChecks: readonly Check[] = [
  {
    id: 'logs',
    why: 'what happened at the builder would be taken for what happened on the machine',
    fix: 'delete them; wtmp, btmp, lastlog: truncate -s 0',
    find: tree =>
      tree
        .files('/var/log')
        .filter(({ stats }) => stats.isFile() && stats.size > 0)
        .map(({ path, stats }) => ({ where: path, seen: `${stats.size} bytes` })),
  },
  {
    id: 'temporary-files',
    why: 'nobody knows what is in them, or whom they name',
    fix: 'delete them',
    find: tree => notEmpty(tree, ['/tmp', '/var/tmp', '/run', '/home', '/var/crash', '/var/spool/cron/crontabs']),
  },
  {
    id: 'history',
    why: 'commands of the builder, and the secrets in them, would be on all machines',
    fix: 'delete it',
    find: tree =>
      tree
        .files('/root')
        .filter(({ path }) => !/^\/root\/\.(bashrc|profile)$/.test(path))
        .map(({ path }) => ({ where: path, seen: 'is there' })),
  },
  {
    id: 'package-lists',
    why: 'they are out of date on the day of the first boot, and make the image larger',
    fix: 'rm -r /var/lib/apt/lists/*; apt-get clean',
    find: tree => [
      ...notEmpty(tree, ['/var/lib/apt/lists']),
      ...tree
        .files('/var/cache/apt')
        .filter(({ path }) => /\.(deb|bin)$/.test(path))
        .map(({ path }) => ({ where: path, seen: 'is there' })),
    ],
  },
  {
    id: 'package-sources',
    why: "machines would fetch from the builder's archive or by its proxy, which sites do not reach",
    fix: 'empty /etc/apt/sources.list, delete its .d files and the proxy; a site names them by cloud-init',
    find: tree => [...sources(tree), ...proxies(tree)],
  },
  {
    id: 'package-left-over',
    why: 'a file that was kept from an older package hides what is in force',
    fix: 'compare, then delete it',
    find: tree =>
      tree
        .files('/etc')
        .filter(({ path }) => /\.(dpkg-(old|new|dist|bak|tmp)|ucf-(old|new|dist))$/.test(path))
        .map(({ path }) => ({ where: path, seen: 'is there' })),
  },
  {
    id: 'policy-rc.d',
    why: 'it stops services from starting when a package is installed on a machine',
    fix: 'rm /usr/sbin/policy-rc.d',
    find: tree => present(tree, ['/usr/sbin/policy-rc.d']),
  },
  {
    id: 'resolver',
    why: "machines would ask the builder's name servers",
    fix: 'ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf',
    find: tree => {
      const stats = tree.stats('/etc/resolv.conf');
      if (stats === null || stats.isSymbolicLink()) return [];
      return [{ where: '/etc/resolv.conf', seen: (tree.text('/etc/resolv.conf') ?? '').split('\n')[0] || 'a file' }];
    },
  },
  {
    id: 'time-state',
    why: 'the clock of the builder, and its drift, are not those of the machine',
    fix: 'rm /var/lib/chrony/*',
    find: tree => notEmpty(tree, ['/var/lib/chrony', '/var/lib/ntp']),
  },
  {
    id: 'containers',
    why: 'containers of the builder would be found again on all machines',
    fix: 'ctr --namespace NAME container delete; only images stay',
    find: tree =>
      notEmpty(tree, ['/var/lib/kubelet', '/var/lib/etcd', '/var/lib/containerd/io.containerd.runtime.v2.task']),
  },
];

function sources(tree: Tree): Finding[] {
  const files = tree.files('/etc/apt/sources.list.d').map(({ path }) => path);
  return ['/etc/apt/sources.list', ...files]
    .filter(path => /^\s*(deb|URIs:|deb-src)\s/m.test(tree.text(path) ?? ''))
    .map(where => ({ where, seen: 'names an archive' }));
}

function proxies(tree: Tree): Finding[] {
  const settings = [...tree.files('/etc/apt/apt.conf.d').map(({ path }) => path), '/etc/apt/apt.conf'];
  return [...settings, '/etc/environment']
    .filter(path => /^[^#/\n]*(proxy\s+"|_proxy=)/im.test(tree.text(path) ?? ''))
    .map(where => ({ where, seen: 'names a proxy' }));
}
