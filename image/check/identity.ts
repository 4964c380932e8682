import { type Check, notEmpty, present } from './check.ts';

/** What must be of one machine only, and is made by each at its first boot. */
export const identityChecks: readonly Check[] = [
  {
    id: 'machine-id',
    why: 'all machines would have one machine id, and so one DHCP address; without the file a read-only root gets none',
    fix: 'truncate -s 0 /etc/machine-id',
    find: tree => {
      const text = tree.text('/etc/machine-id');
      if (text === null) return [{ where: '/etc/machine-id', seen: 'is missing; it must be there and empty' }];
      return text === '' || text === 'uninitialized\n' ? [] : [{ where: '/etc/machine-id', seen: text.trim() }];
    },
  },
  {
    id: 'dbus-machine-id',
    why: 'D-Bus would keep the machine id of the template',
    fix: 'rm /var/lib/dbus/machine-id',
    find: tree => {
      const path = '/var/lib/dbus/machine-id';
      const stats = tree.stats(path);
      if (stats === null || stats.isSymbolicLink()) return [];
      return [{ where: path, seen: 'a file of its own; it must be absent or a link to /etc/machine-id' }];
    },
  },
  {
    id: 'host-keys',
    why: 'all machines would have the same ssh host keys, which whoever has the image knows',
    fix: 'rm /etc/ssh/ssh_host_*_key*',
    find: tree => {
      const keys = tree.names('/etc/ssh').filter(name => /^ssh_host_.*_key(\.pub)?$/.test(name));
      return keys.map(name => ({ where: `/etc/ssh/${name}`, seen: 'is there' }));
    },
  },
  {
    id: 'hostname',
    why: 'machines that are given no name would all have that of the machine that built the image',
    fix: 'rm /etc/hostname',
    find: tree => {
      const name = tree.text('/etc/hostname')?.trim() ?? '';
      return name === '' || name === 'localhost' ? [] : [{ where: '/etc/hostname', seen: name }];
    },
  },
  {
    id: 'random-seed',
    why: 'all machines would start from the same randomness',
    fix: 'rm /var/lib/systemd/random-seed /var/lib/systemd/credential.secret',
    find: tree =>
      present(tree, [
        '/var/lib/systemd/random-seed',
        '/var/lib/urandom/random-seed',
        '/var/lib/systemd/credential.secret',
        '/boot/efi/loader/random-seed',
      ]),
  },
  {
    id: 'network-names',
    why: "interfaces would be named by the builder's MAC addresses",
    fix: 'rm /etc/udev/rules.d/70-persistent-*.rules',
    find: tree =>
      tree
        .names('/etc/udev/rules.d')
        .filter(name => /persistent-(net|cd)/.test(name))
        .map(name => ({ where: `/etc/udev/rules.d/${name}`, seen: 'is there' })),
  },
  {
    id: 'leases',
    why: 'machines would ask for the address of the template',
    fix: 'rm -r /var/lib/dhcp/* /var/lib/NetworkManager/*',
    find: tree => notEmpty(tree, ['/var/lib/dhcp', '/var/lib/NetworkManager', '/var/lib/systemd/network']),
  },
  {
    id: 'storage-identity',
    why: 'storage would take all machines for one initiator',
    fix: 'rm /etc/iscsi/initiatorname.iscsi /etc/nvme/hostid /etc/nvme/hostnqn',
    find: tree => present(tree, ['/etc/iscsi/initiatorname.iscsi', '/etc/nvme/hostid', '/etc/nvme/hostnqn']),
  },
];
