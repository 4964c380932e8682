import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { writeText } from './write-text.ts';

/** Files that every machine makes for itself at its first boot, or that only the building needed. */
const FILES = [
  '/etc/.pwd.lock',
  '/etc/group-',
  '/etc/gshadow-',
  '/etc/hostname',
  '/etc/netplan/50-cloud-init.yaml',
  '/etc/passwd-',
  '/etc/shadow-',
  '/etc/subgid-',
  '/etc/subuid-',
  '/etc/udev/rules.d/70-persistent-net.rules',
  '/initrd.img.old',
  '/usr/sbin/policy-rc.d',
  '/var/cache/debconf/config.dat-old',
  '/var/cache/debconf/templates.dat-old',
  '/var/lib/dpkg/diversions-old',
  '/var/lib/dpkg/status-old',
  '/var/lib/dbus/machine-id',
  '/var/lib/systemd/credential.secret',
  '/var/lib/systemd/random-seed',
  '/var/lib/systemd/timesync/clock',
  '/vmlinuz.old',
];

/** Directories that stay, with nothing in them. */
const DIRECTORIES = [
  '/home',
  '/run',
  '/tmp',
  '/var/cache/apt',
  '/var/cache/ldconfig',
  '/var/lib/apt/lists',
  '/var/lib/chrony',
  '/var/lib/cloud',
  '/var/lib/conjurer',
  '/var/lib/dhcp',
  '/var/log/apt',
  '/var/log/journal',
  '/var/tmp',
];

/** Makes the tree what a thousand machines may be made from: nothing in it is of one machine, or of the building. */
export function makeTemplate(root: string): void {
  for (const path of FILES) rmSync(join(root, path), { force: true });
  for (const path of DIRECTORIES) empty(join(root, path));
  for (const name of namesIn(join(root, 'etc/ssh'))) {
    if (/^ssh_host_.*_key(\.pub)?$/.test(name)) rmSync(join(root, 'etc/ssh', name));
  }
  rmSync(join(root, 'root/.ssh'), { recursive: true, force: true });
  emptyLogs(join(root, 'var/log'));
  // Empty, and not missing: systemd makes a new one at each first boot, also where / is still read-only.
  writeText(root, '/etc/machine-id', '', 0o444);
  writeText(root, '/etc/hosts', HOSTS);
  writeText(root, '/etc/apt/sources.list', SOURCES);
  lockRoot(root);
  rmSync(join(root, 'etc/resolv.conf'), { force: true });
  symlinkSync('../run/systemd/resolve/stub-resolv.conf', join(root, 'etc/resolv.conf'));
  rmSync(join(root, 'etc/.resolv.conf.systemd-resolved.bak'), { force: true });
  // Else the first boot makes the caches of linker, hardware names and message catalogues anew.
  for (const place of ['/etc/.updated', '/var/.updated']) writeText(root, place, '');
}

const HOSTS = `127.0.0.1 localhost
::1 localhost ip6-localhost ip6-loopback
ff02::1 ip6-allnodes
ff02::2 ip6-allrouters
`;
const SOURCES =
  '# Nothing is fetched that nobody named. A site that wants updates names its archive: apt: of cloud-init.\n';

function empty(directory: string): void {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
}

/** Logs that must exist for what writes them (wtmp, btmp, lastlog) stay, empty. */
function emptyLogs(directory: string): void {
  for (const name of namesIn(directory)) {
    const path = join(directory, name);
    if (lstatSync(path).isDirectory()) emptyLogs(path);
    else if (/^(wtmp|btmp|lastlog|faillog)$/.test(name)) truncateSync(path);
    else rmSync(path);
  }
}

/** In place, so that owner and mode stay. */
function lockRoot(root: string): void {
  const path = join(root, 'etc/shadow');
  writeFileSync(path, readFileSync(path, 'utf8').replace(/^root:[^:]*:/m, 'root:*:'));
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
