import { appendFileSync, chmodSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { kernel } from './template-tree.ts';

/** What makes a good tree bad. */
export type Seed = (root: string) => void;

const put =
  (path: string, text = 'something\n'): Seed =>
  root => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
const drop =
  (path: string): Seed =>
  root =>
    rmSync(join(root, path), { recursive: true });
const append =
  (path: string, text: string): Seed =>
  root =>
    appendFileSync(join(root, path), text);
const link =
  (path: string, target: string): Seed =>
  root => {
    rmSync(join(root, path), { force: true });
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(target, join(root, path));
  };

const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n';
const cloud = '/etc/cloud/cloud.cfg.d/90-conjurer.cfg';
const networkd = '/etc/systemd/networkd.conf.d/60-conjurer.conf';

/** Every fault of a root file system by its id, each in every form in which it is known to come. */
export const templateFaults: Readonly<Record<string, Readonly<Record<string, Seed>>>> = {
  'machine-id': {
    'is that of the builder': put('/etc/machine-id', '0123456789abcdef0123456789abcdef\n'),
    'is missing': drop('/etc/machine-id'),
  },
  'dbus-machine-id': { 'is a file of its own': put('/var/lib/dbus/machine-id', '0123456789abcdef0123456789abcdef\n') },
  'host-keys': {
    'a private one': put('/etc/ssh/ssh_host_ed25519_key', key),
    'a public one': put('/etc/ssh/ssh_host_rsa_key.pub', 'ssh-rsa AAAA root@builder\n'),
  },
  hostname: { 'that of the builder': put('/etc/hostname', 'builder\n') },
  'random-seed': {
    'of systemd': put('/var/lib/systemd/random-seed'),
    'the secret of credentials': put('/var/lib/systemd/credential.secret'),
  },
  'network-names': { 'by MAC address': put('/etc/udev/rules.d/70-persistent-net.rules') },
  leases: { 'of dhclient': put('/var/lib/dhcp/dhclient.ens192.leases') },
  'storage-identity': {
    'of iSCSI': put('/etc/iscsi/initiatorname.iscsi', 'InitiatorName=iqn.1993-08.org.debian:01:abc\n'),
  },
  'root-not-locked': {
    'a password': put('/etc/shadow', 'root:$6$salt$hash:20000:0:99999:7:::\n'),
    'no password is asked': put('/etc/shadow', 'root::20000:0:99999:7:::\n'),
  },
  password: { 'of another account': append('/etc/shadow', 'admin:$6$salt$hash:20000:0:99999:7:::\n') },
  user: { 'of the builder': append('/etc/passwd', 'debian:x:1000:1000::/home/debian:/bin/bash\n') },
  'authorized-keys': {
    'of the system': put('/etc/ssh/authorized_keys.d/ops', 'ssh-ed25519 AAAA builder\n'),
  },
  'private-key': { 'below /etc': put('/etc/ssl/private/web.key', key), 'below /opt': put('/opt/tool/id', key) },
  'enrolment-secrets': {
    passphrase: put('/etc/conjurer/passphrase'),
    credentials: put('/etc/conjurer/credentials.pem', '-----BEGIN CERTIFICATE-----\n'),
    'what the operator was given': put('/etc/k8s-mgmt-operator/handoff.json', '{}'),
  },
  'cloud-init-state': {
    'of an instance': put('/var/lib/cloud/instances/i-1/boot-finished'),
    'a seed': put('/var/lib/cloud/seed/nocloud/user-data', '#cloud-config\n'),
  },
  'cloud-init-disabled': {
    'by its file': put('/etc/cloud/cloud-init.disabled', ''),
    'by the command line': append(
      '/boot/grub/grub.cfg',
      '# linux\n  linux /boot/x root=UUID=1 ro cloud-init=disabled\n',
    ),
    'to one place, by the command line': append(
      '/etc/default/grub.d/50-conjurer.cfg',
      'GRUB_CMDLINE_LINUX="ds=nocloud"\n',
    ),
  },
  'datasource-list': {
    'over several lines': put(cloud, 'datasource_list:\n  - NoCloud\n  - VMware\n  - OVF\n  - None\n'),
    'as a list that is not closed on its line': put(cloud, 'datasource_list: [NoCloud, VMware,\n  OVF, None]\n'),
    'without OVF': put(cloud, 'datasource_list: [NoCloud, VMware, None]\n'),
    'another file wins': put('/etc/cloud/cloud.cfg.d/95-ec2.cfg', 'datasource_list: [Ec2, None]\n'),
    'none at all': put(cloud, 'disable_root: true\n'),
  },
  'network-disabled': {
    'by the file that conjurer writes': put(
      '/etc/cloud/cloud.cfg.d/99-disable-network-config.cfg',
      'network: {config: disabled}\n',
    ),
    "by the builder's own network": put(
      '/etc/cloud/cloud.cfg.d/90-network.cfg',
      'network: {version: 2, ethernets: {eth0: {dhcp4: true}}}\n',
    ),
  },
  'network-left-over': {
    'of cloud-init': put('/etc/netplan/50-cloud-init.yaml', 'network: {version: 2}\n'),
    'of the installer': put('/etc/netplan/00-installer-config.yaml', 'network: {version: 2}\n'),
    'of networkd': put('/etc/systemd/network/10-ens192.network', '[Match]\nName=ens192\n'),
    'of ifupdown': put('/etc/network/interfaces', 'auto lo\niface lo inet loopback\niface ens192 inet dhcp\n'),
  },
  'installer-left-over': { 'ds-identify': put('/etc/cloud/ds-identify.cfg', 'policy: disabled\n') },
  logs: {
    'of cloud-init': put('/var/log/cloud-init-output.log'),
    'of the journal': put('/var/log/journal/0123456789abcdef0123456789abcdef/system.journal'),
    'who logged in': put('/var/log/wtmp'),
  },
  'temporary-files': {
    'in /tmp': put('/tmp/install.sh'),
    'in /var/tmp': put('/var/tmp/x'),
    'in a home': put('/home/builder/notes'),
  },
  history: { 'of root': put('/root/.bash_history', 'export TOKEN=abc\n') },
  'package-lists': {
    lists: put('/var/lib/apt/lists/archive_dists_bookworm_InRelease'),
    packages: put('/var/cache/apt/archives/bash_5.2_amd64.deb'),
    cache: put('/var/cache/apt/pkgcache.bin'),
  },
  'package-sources': {
    'in one line': put('/etc/apt/sources.list', 'deb http://archive.example/debian bookworm main\n'),
    'as deb822': put('/etc/apt/sources.list.d/debian.sources', 'Types: deb\nURIs: http://archive.example/debian\n'),
    'a proxy of apt': put('/etc/apt/apt.conf.d/01proxy', 'Acquire::http::Proxy "http://10.0.0.1:3128";\n'),
    'a proxy of everyone': put('/etc/environment', 'http_proxy=http://10.0.0.1:3128\n'),
  },
  'package-left-over': { 'of dpkg': put('/etc/chrony/chrony.conf.dpkg-dist') },
  'policy-rc.d': { 'is there': put('/usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n') },
  resolver: {
    'of the builder': root => {
      rmSync(join(root, 'etc/resolv.conf'));
      writeFileSync(join(root, 'etc/resolv.conf'), 'nameserver 10.0.0.53\n');
    },
  },
  'time-state': { 'of chrony': put('/var/lib/chrony/drift') },
  containers: { 'of kubelet': put('/var/lib/kubelet/pods/1/etc-hosts') },
  conjurer: {
    'is missing': drop('/usr/bin/conjurer'),
    'is empty': root => truncateSync(join(root, 'usr/bin/conjurer')),
    'is not executable': root => chmodSync(join(root, 'usr/bin/conjurer'), 0o644),
  },
  units: {
    'one is missing': drop('/usr/lib/systemd/system/conjurer-renew.timer'),
    'is not enabled': drop('/etc/systemd/system/some.target.wants/conjurer-firewall.service'),
    'is enabled and should not be': link(
      '/etc/systemd/system/timers.target.wants/conjurer-network-rollback.timer',
      '/usr/lib/systemd/system/conjurer-network-rollback.timer',
    ),
    'is masked': link('/etc/systemd/system/conjurer.service', '/dev/null'),
    'a script without its mode': root => chmodSync(join(root, 'usr/lib/conjurer/restore-firewall'), 0o644),
  },
  'conjurer-state': {
    'an identity': put('/var/lib/conjurer/node.json', '{}'),
    rules: put('/etc/conjurer/firewall/ipv4.rules'),
  },
  'edge-name': {
    'in the file': append('/etc/conjurer/conjurer.yaml', 'edgeName: edge-7\n'),
    'in a drop-in': put('/etc/conjurer/conjurer.yaml.d/10-site.yaml', 'edgeName: edge-7\n'),
  },
  'build-id': { 'none in os-release': put('/usr/lib/os-release', 'ID=debian\nVERSION_ID="12"\n') },
  manifest: {
    'is missing': drop('/usr/share/conjurer/manifest.json'),
    'is not signed': drop('/usr/share/conjurer/manifest.json.sig'),
  },
  kernel: {
    'two of them': put('/boot/vmlinuz-5.10.0-1-test'),
    none: drop(`/boot/vmlinuz-${kernel}`),
    'no initrd': drop(`/boot/initrd.img-${kernel}`),
    'another one in the menu': put('/boot/grub/grub.cfg', 'linux /boot/vmlinuz-5.4.0 root=UUID=1 ro\n'),
  },
  drivers: {
    'none for the disk of vSphere': put(`/usr/lib/modules/${kernel}/modules.dep`, 'kernel/fs/isofs/isofs.ko:\n'),
  },
  'root-by-uuid': {
    'in the menu': put('/boot/grub/grub.cfg', `linux /boot/vmlinuz-${kernel} root=/dev/vda1 ro\n`),
    'in fstab': put('/etc/fstab', '/dev/sda1 / ext4 defaults 0 1\n'),
    'no root in fstab': put('/etc/fstab', '# nothing\n'),
  },
  'foreign-routes': {
    'no setting': drop(networkd),
    'one of two': put(networkd, '[Network]\nManageForeignRoutes=no\n'),
    'taken back': put('/etc/systemd/networkd.conf.d/90-site.conf', '[Network]\nManageForeignRoutes=yes\n'),
  },
  'vmware-tools': { 'not installed': drop('/usr/bin/vmtoolsd') },
  growing: { 'no growpart': drop('/usr/sbin/growpart') },
  'not-as-signed': {
    'a file was changed': append('/usr/bin/conjurer', 'echo more\n'),
    'the manifest was changed': append('/usr/share/conjurer/manifest.json', ' '),
    'signed by a key that the image does not trust': drop('/etc/conjurer/trust.d/builder.pem'),
  },
};

/** Faults that cannot be there without another one. */
export const companions: Readonly<Record<string, readonly string[]>> = {
  conjurer: ['not-as-signed'],
  manifest: ['not-as-signed'],
  'build-id': ['not-as-signed'],
  kernel: ['drivers'],
};
