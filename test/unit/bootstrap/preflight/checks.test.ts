import { describe, expect, it } from 'vitest';
import type { CheckStatus } from '../../../../bootstrap/preflight/check.ts';
import type { CheckId } from '../../../../bootstrap/preflight/check-table.ts';
import { changed, checkOn, type Machine } from '../../../support/preflight-fixtures/machine.ts';
import { machines } from '../../../support/preflight-fixtures/machines.ts';

type Case = readonly [CheckId, CheckStatus, string, Partial<Machine>];

const vm: Machine = machines['ubuntu-18.04'];
const metal: Machine = machines['ubuntu-22.04'];

/** `observed` must hold the text. */
async function holds(machine: Machine, [id, status, text, by]: Case): Promise<void> {
  const result = await checkOn(id, changed(machine, by));
  expect(result).toMatchObject({ id, status, observed: expect.stringContaining(text) });
  const mustAct = status === 'fail' || status === 'warn';
  expect(result.fix === null, 'what must be mended says how').toBe(!mustAct);
}

const slow = (ms: number) => async () => [...new Array<number>(98).fill(1), ms, ms];
const df = (line: string) => ({ stdout: `Filesystem 1024-blocks Used Available Capacity Mounted on\n${line}\n` });
const disks = (...lines: string[]) => ({ stdout: `{"blockdevices": [${lines.join(',')}]}` });
const mountinfo = (line: string) => ({
  '/proc/self/mountinfo': `26 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n${line}\n`,
});
const builtAt =
  '{"image": "clusterimage-r-v1.3.0", "version": "1.3.0", "buildId": "b", "builtAt": "2026-03-01T04:00:00Z"}';
const image = { '/usr/share/conjurer/manifest.json': builtAt };

describe('os', () => {
  it.each<Case>([
    [
      'supported-release',
      'fail',
      'Ubuntu 23.10',
      { files: { '/usr/lib/os-release': 'ID=ubuntu\nVERSION_ID="23.10"\nPRETTY_NAME="Ubuntu 23.10"\n' } },
    ],
    ['supported-release', 'fail', 'rocky 9.4', { files: { '/usr/lib/os-release': 'ID=rocky\nVERSION_ID=9.4\n' } }],
    ['supported-release', 'error', 'does not say', { files: { '/usr/lib/os-release': 'NAME=x\n' } }],
    ['architecture', 'error', 'does not say', { files: { '/proc/cpuinfo': 'processor : 0\n' } }],
    ['root', 'fail', 'user id 1000', { uid: 1000 }],
    ['root', 'skip', 'only files below', { uid: 1000, root: 'tree' }],
    ['kernel-version', 'fail', '4.4.0-210-generic', { files: { '/proc/sys/kernel/osrelease': '4.4.0-210-generic\n' } }],
    ['kernel-version', 'pass', '4.15.0-213-generic', {}],
    ['kernel-version', 'fail', '4.15.0-213-generic', { requirements: { kernel: '5.4' } }],
    ['kernel-version', 'error', 'no version', { files: { '/proc/sys/kernel/osrelease': 'custom\n' } }],
    ['kernel-features', 'fail', 'without pid namespaces', { files: { '/proc/self/ns/pid': null } }],
    ['kernel-features', 'fail', 'without seccomp filters', { files: { '/proc/self/status': 'Name: x\n' } }],
    [
      'kernel-features',
      'fail',
      'cannot be made: unshare failed',
      { answers: { unshare: { status: 1, stderr: 'unshare failed' } } },
    ],
    [
      'kernel-features',
      'pass',
      'this service may not make one',
      {
        answers: { unshare: { status: 1, stderr: 'unshare failed' } },
        files: { '/proc/self/status': 'Name: x\nSeccomp:\t2\n' },
      },
    ],
    ['kernel-features', 'error', 'not there', { answers: { unshare: { missing: true } } }],
    ['kernel-features', 'error', '/proc/self/ns', { files: { '/proc/self/ns': null } }],
    ['kernel-modules', 'fail', 'br_netfilter missing', { files: { '/proc/sys/net/bridge': null } }],
    [
      'kernel-modules',
      'fail',
      'there is no /lib/modules/4.15.0-213-generic',
      { files: { '/proc/sys/net/bridge': null, '/lib/modules': null } },
    ],
    [
      'cgroup-controllers',
      'fail',
      'without memory',
      { files: { '/proc/cgroups': 'cpu 1 1 1\ncpuset 2 1 1\nmemory 3 1 0\npids 4 1 1\n' } },
    ],
    [
      'cgroup-controllers',
      'fail',
      'cgroup v2 with cpu, memory; without cpuset, pids',
      { files: { '/sys/fs/cgroup/cgroup.controllers': 'cpu memory\n' } },
    ],
    ['cgroup-controllers', 'error', 'can be read', { files: { '/proc/cgroups': null } }],
    ['security-module', 'warn', 'without apparmor_parser', { files: { '/sbin/apparmor_parser': null } }],
    ['security-module', 'warn', 'SELinux enforces', { files: { '/sys/fs/selinux/enforce': '1' } }],
    [
      'security-module',
      'pass',
      'which does not enforce',
      { files: { '/sys/fs/selinux/enforce': '0', '/sys/module/apparmor': null } },
    ],
    ['security-module', 'error', 'does not say', { files: { '/sys/module/apparmor': null } }],
    [
      'container-guest',
      'warn',
      'a container (lxc)',
      { answers: { 'systemd-detect-virt --container': { stdout: 'lxc\n' } } },
    ],
  ])('%s %s: %s', async (...one) => holds(vm, one));
});

describe('compute', () => {
  it.each<Case>([
    ['cpu-count', 'pass', '4', { requirements: { cpu: 4 } }],
    ['cpu-count', 'fail', '4', { requirements: { cpu: 5 } }],
    ['cpu-count', 'error', 'does not say', { files: { '/proc/cpuinfo': null } }],
    ['cpu-level', 'warn', 'less than', { files: { '/proc/cpuinfo': 'processor : 0\nflags : lm fpu\n' } }],
    ['cpu-level', 'skip', 'x86', { files: { '/proc/cpuinfo': 'processor : 0\nCPU architecture: 8\n' } }],
    ['memory', 'pass', '7975 MiB', { requirements: { memoryMiB: 8075 } }],
    ['memory', 'fail', '7975 MiB', { requirements: { memoryMiB: 8076 } }],
    ['memory', 'error', 'does not say', { files: { '/proc/meminfo': 'x\n' } }],
    ['swap', 'warn', '1024 MiB', { files: { '/proc/meminfo': 'SwapTotal: 1048576 kB\n' } }],
  ])('%s %s: %s', async (...one) => holds(vm, one));
});

describe('storage', () => {
  it.each<Case>([
    ['disk-size', 'fail', 'sda: 100.0 GiB', { requirements: { diskGiB: 101 } }],
    ['root-free', 'fail', '/: 4.0 GiB free', { answers: { 'df -kP': df('/dev/sda1 100000000 1 4194304 99% /') } }],
    [
      'root-free',
      'pass',
      '/: 4.0 GiB free',
      { requirements: { rootFreeGiB: 4 }, answers: { 'df -kP': df('/dev/sda1 100000000 1 4194304 99% /') } },
    ],
    ['root-free', 'fail', '9 % of the inodes', { answers: { 'df -iP': df('/dev/sda1 1000 905 95 91% /') } }],
    ['root-free', 'pass', '73.8 GiB free', { answers: { 'df -iP': df('/dev/sda1 0 0 0 - /') } }],
    ['root-free', 'error', 'df gives no answer', { answers: { 'df -kP': { missing: true } } }],
    [
      'grown-to-disk',
      'warn',
      'sda: 100.0 of 200.0 GiB used',
      { files: { '/sys/class/block/sda/size': '419430400\n' } },
    ],
    [
      'grown-to-disk',
      'warn',
      'sda3: 49.0 of 99.0 GiB used',
      { files: { '/sys/class/block/dm-0/size': '102760448\n' } },
    ],
    [
      'grown-to-disk',
      'warn',
      'dm-0: 96.1 of 150.0 GiB used',
      { files: { '/sys/class/block/dm-0/size': '314572800\n' } },
    ],
    ['grown-to-disk', 'error', 'how sda is divided', { files: { '/sys/class/block/sda/sda3/start': null } }],
    [
      'data-dir',
      'fail',
      '/var/lib/kubelet is a symlink to /data/kubelet',
      { files: { '/var/lib/kubelet': null }, links: { '/var/lib/kubelet': '/data/kubelet' } },
    ],
    [
      'data-dir',
      'fail',
      '/var/lib/containerd is on /var, mounted noexec',
      { files: mountinfo('30 26 8:2 / /var rw,noexec - ext4 /dev/sda2 rw') },
    ],
    [
      'data-dir',
      'fail',
      '/var/lib/etcd is on /var/lib, mounted read-only',
      { files: mountinfo('30 26 8:2 / /var/lib rw - ext4 /dev/sda2 ro') },
    ],
    [
      'data-dir',
      'fail',
      'xfs with ftype=0',
      {
        files: mountinfo('30 26 8:2 / /var/lib rw - xfs /dev/sda2 rw'),
        answers: { xfs_info: { stdout: 'naming =version 2 bsize=4096 ascii-ci=0 ftype=0\n' } },
      },
    ],
    [
      'data-dir',
      'pass',
      '/var/lib/etcd',
      {
        files: mountinfo('30 26 8:2 / /var/lib rw - xfs /dev/sda2 rw'),
        answers: { xfs_info: { stdout: 'naming =version 2 bsize=4096 ascii-ci=0 ftype=1\n' } },
      },
    ],
    ['fsync', 'pass', '10.0 ms', { measureSync: slow(10) }],
    ['fsync', 'warn', '10.1 ms', { measureSync: slow(10.1) }],
    ['fsync', 'warn', '100.0 ms', { measureSync: slow(100) }],
    ['fsync', 'fail', '101.0 ms', { measureSync: slow(101) }],
    ['fsync', 'error', 'only root', { uid: 1000 }],
    ['fsync', 'skip', 'not the disk', { measureSync: null }],
    ['fsync', 'skip', 'in use', { isEnrolled: true }],
    [
      'raw-volume',
      'pass',
      'sdb 200.0 GiB',
      {
        requirements: { rawVolumeGiB: 200 },
        answers: {
          lsblk: disks(
            '{"name":"sda","type":"disk","size":1,"fstype":null,"mountpoint":null,"children":[{}]}',
            '{"name":"sdb","type":"disk","size":214748364800,"fstype":null,"mountpoint":null}',
          ),
        },
      },
    ],
    [
      'raw-volume',
      'warn',
      'sdb 200.0 GiB',
      {
        requirements: { rawVolumeGiB: 201 },
        answers: { lsblk: disks('{"name":"sdb","type":"disk","size":"214748364800","fstype":null,"mountpoint":null}') },
      },
    ],
    [
      'raw-volume',
      'warn',
      'no empty disk',
      {
        requirements: { rawVolumeGiB: 1 },
        answers: {
          lsblk: disks('{"name":"sdb","type":"disk","size":214748364800,"fstype":"LVM2_member","mountpoint":null}'),
        },
      },
    ],
    ['raw-volume', 'error', 'lsblk', { requirements: { rawVolumeGiB: 1 }, answers: { lsblk: { missing: true } } }],
  ])('%s %s: %s', async (...one) => holds(vm, one));

  it('a disk that is slow only once is not too slow', async () => {
    const rounds = [300, 250, 5];
    const measureSync = async () => [rounds.shift() ?? 1];
    expect(await checkOn('fsync', changed(vm, { measureSync }))).toMatchObject({
      status: 'pass',
      observed: '5.0 ms in /var/lib',
    });
    expect(rounds).toEqual([]);
  });
});

describe('identity', () => {
  it.each<Case>([
    ['hostname', 'fail', 'localhost: every machine', { files: { '/proc/sys/kernel/hostname': 'localhost\n' } }],
    [
      'hostname',
      'fail',
      'localhost.localdomain',
      { files: { '/proc/sys/kernel/hostname': 'localhost.localdomain\n' } },
    ],
    ['hostname', 'fail', 'edge_1: an underscore', { files: { '/proc/sys/kernel/hostname': 'edge_1\n' } }],
    ['hostname', 'fail', '"-x" is no part', { files: { '/proc/sys/kernel/hostname': '-x.example\n' } }],
    ['hostname', 'fail', 'a part is empty', { files: { '/proc/sys/kernel/hostname': 'a..b\n' } }],
    ['hostname', 'fail', 'is no part', { files: { '/proc/sys/kernel/hostname': `${'a'.repeat(64)}\n` } }],
    [
      'hostname',
      'pass',
      'edge-9, as the configuration',
      { hostname: 'edge-9', files: { '/proc/sys/kernel/hostname': 'localhost\n' } },
    ],
    ['machine-id', 'fail', 'there is no /etc/machine-id', { files: { '/etc/machine-id': null }, written: {} }],
    ['machine-id', 'fail', 'holds no machine id', { files: { '/etc/machine-id': `${'0'.repeat(32)}\n` } }],
    ['machine-id', 'fail', 'before the image', { written: { '/etc/machine-id': '2026-02-28T00:00:00Z' } }],
    ['machine-id', 'pass', 'made after the image', {}],
    ['machine-id', 'pass', 'whether this tree', { root: 'tree' }],
    [
      'smbios-data',
      'warn',
      'fillers in serial',
      { files: { '/sys/class/dmi/id/product_serial': 'To be filled by O.E.M.\n' } },
    ],
    ['smbios-data', 'error', 'tells no UUID', { files: { '/sys/class/dmi/id/product_uuid': null } }],
    ['smbios-data', 'error', 'only root', { uid: 1000, files: { '/sys/class/dmi/id/product_uuid': null } }],
    [
      'ssh-host-keys',
      'warn',
      'ssh_host_rsa_key made before',
      {
        files: { '/etc/ssh/ssh_host_rsa_key': 'x', '/etc/ssh/ssh_host_rsa_key.pub': 'x' },
        written: { '/etc/ssh/ssh_host_rsa_key': '2026-01-01T00:00:00Z' },
      },
    ],
    [
      'ssh-host-keys',
      'pass',
      '1 keys',
      { files: { '/etc/ssh/ssh_host_rsa_key': 'x' }, written: { '/etc/ssh/ssh_host_rsa_key': '2026-09-01T00:00:00Z' } },
    ],
    [
      'ssh-host-keys',
      'skip',
      'no manifest',
      { files: { '/etc/ssh/ssh_host_rsa_key': 'x', '/usr/share/conjurer/manifest.json': null } },
    ],
    [
      'template-leftovers',
      'warn',
      "other machine's journal",
      { files: { [`/var/log/journal/${'a'.repeat(32)}/system.journal`]: '' } },
    ],
    [
      'template-leftovers',
      'warn',
      '70-persistent-net.rules',
      { files: { '/etc/udev/rules.d/70-persistent-net.rules': '' } },
    ],
    [
      'template-leftovers',
      'warn',
      'cloud-init instance i-old',
      {
        files: { '/var/lib/cloud/instances/i-old/x': '', '/var/lib/cloud/instances/i-new/x': '' },
        links: { '/var/lib/cloud/instance': '/var/lib/cloud/instances/i-new' },
      },
    ],
    [
      'template-leftovers',
      'warn',
      '/var/lib/dhcp/dhclient.ens192.leases',
      {
        files: { '/var/lib/dhcp/dhclient.ens192.leases': 'lease {}' },
        written: { '/var/lib/dhcp/dhclient.ens192.leases': '2026-01-01T00:00:00Z' },
      },
    ],
    [
      'template-leftovers',
      'warn',
      'random-seed',
      {
        files: { '/var/lib/systemd/random-seed': 'x' },
        written: { '/var/lib/systemd/random-seed': '2026-01-01T00:00:00Z' },
      },
    ],
  ])('%s %s: %s', async (...one) => holds(changed(vm, { files: image }), one));

  it('the machine id itself is in no finding', async () => {
    const id = '0123456789abcdef0123456789abcdef';
    const result = await checkOn('machine-id', changed(vm, { files: { '/etc/machine-id': `${id}\n` } }));
    expect(JSON.stringify(result)).not.toContain(id);
  });
});

describe('residue', () => {
  it.each<Case>([
    ['kubernetes-config', 'fail', '/etc/kubernetes/admin.conf', { files: { '/etc/kubernetes/admin.conf': '' } }],
    [
      'kubernetes-config',
      'fail',
      '/etc/kubernetes/manifests/etcd.yaml',
      { files: { '/etc/kubernetes/manifests/etcd.yaml': '' } },
    ],
    ['kubernetes-config', 'pass', 'nothing', { files: { '/etc/kubernetes/manifests/.keep': '' } }],
    ['kubernetes-config', 'skip', 'its own', { isEnrolled: true, files: { '/etc/kubernetes/admin.conf': '' } }],
    ['etcd-data', 'fail', '/var/lib/etcd/member', { files: { '/var/lib/etcd/member/wal/0.wal': '' } }],
    ['kubelet-state', 'fail', 'cpu_manager_state', { files: { '/var/lib/kubelet/cpu_manager_state': '{}' } }],
    ['kubelet-state', 'fail', '/var/lib/kubelet/pods/a', { files: { '/var/lib/kubelet/pods/a/x': '' } }],
    ['kubelet-state', 'pass', 'nothing', { files: { '/var/lib/kubelet/config.yaml': '' } }],
    ['other-agent', 'fail', '/var/lib/k0s', { files: { '/var/lib/k0s/x': '' } }],
    ['other-agent', 'fail', 'operator.key', { files: { '/etc/k8s-mgmt-operator/operator.key': '' } }],
    [
      'other-runtime',
      'warn',
      'docker.service',
      { files: { '/etc/systemd/system/multi-user.target.wants/docker.service': '' } },
    ],
    ['other-runtime', 'warn', '/run/crio/crio.sock', { files: { '/run/crio/crio.sock': '' } }],
  ])('%s %s: %s', async (...one) => holds(metal, one));
});

describe('time', () => {
  it.each<Case>([
    ['time-synchronized', 'warn', 'not synchronized', { synchronized: false }],
    ['time-synchronized', 'error', 'can tell', { synchronized: null }],
    ['rtc', 'warn', 'before 2026-03-01', { files: { '/sys/class/rtc/rtc0/since_epoch': '1700000000\n' } }],
    ['rtc', 'warn', '3 days behind', { now: '2026-09-24T14:13:25Z' }],
    ['rtc', 'pass', 'it shows', { now: '2026-09-24T14:13:25Z', synchronized: false }],
    ['rtc', 'skip', 'no hardware clock', { files: { '/sys/class/rtc/rtc0/since_epoch': null } }],
  ])('%s %s: %s', async (...one) => holds(vm, one));
});
