import type { Machine } from './machine.ts';

const appArmor = { '/sys/module/apparmor/parameters/enabled': 'Y\n', '/sbin/apparmor_parser': '' };

const namespacesCanBeMade = { unshare: { status: 0 } };

const debianDisk = {
  'df -kP': { stdout: df('/dev/vda1 20480580 1920144 17612448 10% /') },
  'df -iP': { stdout: df('/dev/vda1 1296000 44000 1252000 4% /') },
};

/**
 * What machines of the releases that conjurer is made for, a container and WSL show in the places that only preflight
 * reads, cut to what it reads. The rest is that of the facts' fixtures.
 */
export const machines = {
  'ubuntu-18.04': {
    like: 'ubuntu-18.04-vmware',
    synchronized: true,
    written: { '/etc/machine-id': '2026-09-01T00:00:00Z' },
    files: {
      ...namespaces('cgroup ipc mnt net pid pid_for_children user uts'),
      ...modules('4.15.0-213-generic', 'kernel/fs/overlayfs/overlay.ko'),
      ...cgroupsV1('cpuset cpu cpuacct blkio memory devices freezer net_cls perf_event net_prio hugetlb pids rdma'),
      '/proc/filesystems': 'nodev\tsysfs\nnodev\ttmpfs\n\text4\nnodev\toverlay\n\txfs\n',
      '/proc/sys/net/bridge/bridge-nf-call-iptables': '1\n',
      '/proc/sys/net/netfilter/nf_conntrack_max': '262144\n',
      ...appArmor,
      ...partition('sda', { sda1: [2048, 2048], sda2: [4096, 2097152], sda3: [2101248, 207611904] }),
      '/sys/class/block/sda3/holders/dm-0': '',
      '/sys/class/rtc/rtc0/since_epoch': '1790000000\n',
    },
    answers: {
      ...namespacesCanBeMade,
      'df -kP': { stdout: df('/dev/mapper/ubuntu--vg-ubuntu--lv 100753284 18230156 77361984 20% /') },
      'df -iP': { stdout: df('/dev/mapper/ubuntu--vg-ubuntu--lv 6422528 212001 6210527 4% /') },
    },
  },
  'ubuntu-20.04': {
    like: 'oem-board',
    synchronized: null,
    files: {
      ...namespaces('cgroup ipc mnt net pid pid_for_children user uts'),
      ...modules('5.4.0-150-generic', 'kernel/fs/overlayfs/overlay.ko', 'kernel/net/bridge/br_netfilter.ko'),
      ...cgroupsV1('cpuset cpu cpuacct blkio memory devices freezer net_cls perf_event net_prio hugetlb pids rdma'),
      '/proc/filesystems': 'nodev\tsysfs\nnodev\ttmpfs\n\text4\n',
      '/lib/modules/5.4.0-150-generic/modules.builtin': 'kernel/net/netfilter/nf_conntrack.ko\n',
      ...appArmor,
      ...partition('sda', { sda1: [2048, 1048576], sda2: [1050624, 116178944] }),
      '/sys/class/rtc/rtc0/since_epoch': '946684800\n',
    },
    answers: {
      ...namespacesCanBeMade,
      'df -kP': { stdout: df('/dev/sda2 56906492 12000000 41986040 23% /') },
      'df -iP': { stdout: df('/dev/sda2 3637248 3500000 137248 97% /') },
    },
  },
  'ubuntu-22.04': {
    like: 'ubuntu-22.04-metal',
    synchronized: true,
    files: {
      ...namespaces('cgroup ipc mnt net pid pid_for_children time time_for_children user uts'),
      ...modules('5.15.0-91-generic', 'kernel/fs/overlayfs/overlay.ko', 'kernel/net/bridge/br_netfilter.ko'),
      '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory hugetlb pids rdma misc\n',
      '/proc/filesystems': 'nodev\tsysfs\nnodev\ttmpfs\n\text4\n\tbtrfs\n',
      '/proc/sys/net/netfilter/nf_conntrack_max': '524288\n',
      ...appArmor,
      ...partition('nvme0n1', { nvme0n1p1: [2048, 2201600], nvme0n1p2: [2203648, 1873181360] }),
      ...partition('nvme1n1', { nvme1n1p1: [2048, 2201600], nvme1n1p2: [2203648, 1873181360] }),
      '/sys/class/block/nvme0n1p2/holders/md0': '',
      '/sys/class/block/nvme1n1p2/holders/md0': '',
      '/sys/class/rtc/rtc0/since_epoch': '1790000000\n',
    },
    answers: {
      ...namespacesCanBeMade,
      'df -kP': { stdout: df('/dev/md0 920462204 120338124 753292224 14% /') },
      'df -iP': { stdout: df('/dev/md0 58507264 812000 57695264 2% /') },
    },
  },
  'ubuntu-24.04': {
    like: 'debian-12-kvm',
    synchronized: true,
    files: {
      '/usr/lib/os-release': 'ID=ubuntu\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04.1 LTS"\n',
      '/etc/hostname': 'edge-7\n',
      '/proc/sys/kernel/hostname': 'edge-7\n',
      '/proc/sys/kernel/osrelease': '6.8.0-45-generic\n',
      '/usr/share/conjurer/manifest.json': null,
      ...namespaces('cgroup ipc mnt net pid pid_for_children time time_for_children user uts'),
      ...modules('6.8.0-45-generic', 'kernel/fs/overlayfs/overlay.ko.zst', 'kernel/net/bridge/br_netfilter.ko.zst'),
      '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory hugetlb pids rdma misc\n',
      '/proc/filesystems': 'nodev\tsysfs\nnodev\ttmpfs\n\text4\nnodev\toverlay\n',
      '/proc/sys/net/netfilter/nf_conntrack_max': '131072\n',
      ...appArmor,
      ...partition('vda', { vda1: [262144, 41680863], vda15: [2048, 260096] }),
      '/sys/class/rtc/rtc0/since_epoch': '1790000000\n',
    },
    answers: { ...namespacesCanBeMade, ...debianDisk },
  },
  'debian-12': {
    like: 'debian-12-kvm',
    synchronized: false,
    files: {
      ...namespaces('cgroup ipc mnt net pid pid_for_children time time_for_children user uts'),
      ...modules(
        '6.1.0-18-amd64',
        'kernel/fs/overlayfs/overlay.ko',
        'kernel/net/bridge/br_netfilter.ko',
        'kernel/net/netfilter/nf_conntrack.ko',
      ),
      '/lib/modules/6.1.0-18-amd64/modules.builtin': 'kernel/lib/zlib_inflate.ko\n',
      '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory hugetlb pids rdma misc\n',
      '/proc/filesystems': 'nodev\tsysfs\nnodev\ttmpfs\n\text4\n',
      '/sys/module/apparmor/parameters/enabled': 'Y\n',
      ...partition('vda', { vda1: [262144, 41680863], vda15: [2048, 260096] }),
      '/sys/class/rtc/rtc0/since_epoch': '1790000000\n',
    },
    answers: { ...namespacesCanBeMade, ...debianDisk },
  },
  container: {
    like: 'container',
    uid: 1000,
    synchronized: null,
    files: {
      ...namespaces('cgroup ipc mnt net pid pid_for_children time time_for_children user uts'),
      '/proc/filesystems': 'nodev\tsysfs\nnodev\ttmpfs\n\text4\nnodev\toverlay\n',
      '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory hugetlb pids rdma misc\n',
      '/sys/module/apparmor/parameters/enabled': 'Y\n',
    },
    answers: {
      'df -kP': { stdout: df('overlay 61202244 20011234 38049568 35% /') },
      'df -iP': { stdout: df('overlay 3907584 401234 3506350 11% /') },
    },
  },
  wsl: {
    like: 'wsl',
    synchronized: false,
    files: {
      ...namespaces('cgroup ipc mnt net pid pid_for_children time time_for_children user uts'),
      ...cgroupsV1('cpuset cpu cpuacct blkio devices freezer net_cls perf_event net_prio hugetlb pids rdma misc'),
      '/proc/filesystems': 'nodev\tsysfs\nnodev\ttmpfs\n\text4\nnodev\toverlay\n',
      '/proc/sys/net/netfilter/nf_conntrack_max': '262144\n',
      '/sys/kernel/security/lsm': 'capability,landlock,yama,bpf\n',
      '/var/lib/kubelet/pki/kubelet-client-current.pem': '',
      '/etc/rancher/k3s/k3s.yaml': '',
      '/run/docker.sock': '',
    },
    answers: {
      ...namespacesCanBeMade,
      'df -kP': { stdout: df('/dev/sdc 1055762868 18220144 983839252 2% /') },
      'df -iP': { stdout: df('/dev/sdc 67108864 412345 66696519 1% /') },
    },
  },
} as const satisfies Record<string, Machine>;

function namespaces(names: string): Record<string, string> {
  return Object.fromEntries([
    ...names.split(' ').map(name => [`/proc/self/ns/${name}`, ''] as const),
    ['/proc/self/status', 'Name:\tnode\nSeccomp:\t0\n'] as const,
  ]);
}

function modules(release: string, ...loadable: string[]): Record<string, string> {
  return { [`/lib/modules/${release}/modules.dep`]: loadable.map(path => `${path}:\n`).join('') };
}

function cgroupsV1(names: string): Record<string, string> {
  const lines = names.split(' ').map((name, index) => `${name}\t${index + 2}\t1\t1\n`);
  return { '/proc/cgroups': `#subsys_name\thierarchy\tnum_cgroups\tenabled\n${lines.join('')}` };
}

/** Start and size in sectors, by name. */
function partition(disk: string, parts: Readonly<Record<string, readonly [number, number]>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parts).flatMap(([name, [start, size]]) => [
      [`/sys/class/block/${disk}/${name}/start`, `${start}\n`],
      [`/sys/class/block/${disk}/${name}/size`, `${size}\n`],
    ]),
  );
}

function df(line: string): string {
  return `Filesystem 1024-blocks Used Available Capacity Mounted on\n${line}\n`;
}
