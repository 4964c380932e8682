import { type Collector, command, commandAnywhere, document, journal, log, logsIn, made } from '../collector.ts';
import { oomKillsText } from '../made/oom-kills.ts';
import { spaceText } from '../made/space.ts';

const MiB = 1024 * 1024;

/** Clock, disks, memory, kernel and boots of the machine. */
export const machineCollectors: readonly Collector[] = [
  {
    id: 'time',
    group: 'clock',
    to: 'clock/timedatectl.txt',
    source: command('timedatectl', 'status'),
    needs: '/run/systemd/system',
  },
  { id: 'chrony', group: 'clock', to: 'clock/chrony.txt', source: command('chronyc', '-n', 'tracking') },
  { id: 'chrony-sources', group: 'clock', to: 'clock/chrony-sources.txt', source: command('chronyc', '-n', 'sources') },
  {
    id: 'timesync',
    group: 'clock',
    to: 'clock/timesync.txt',
    source: command('timedatectl', 'timesync-status'),
    answers: [0, 1],
  },
  { id: 'rtc', group: 'clock', to: 'clock/rtc.txt', source: log('/proc/driver/rtc') },
  {
    id: 'free-space',
    group: 'disks',
    to: 'disks/df.txt',
    source: command('df', '-hTP', '-x', 'overlay', '-x', 'tmpfs'),
  },
  { id: 'free-inodes', group: 'disks', to: 'disks/inodes.txt', source: command('df', '-iP', '-x', 'overlay') },
  { id: 'mounts', group: 'disks', to: 'disks/mounts.txt', source: command('findmnt', '--ascii', '--notruncate') },
  {
    id: 'block-devices',
    group: 'disks',
    to: 'disks/lsblk.txt',
    source: command('lsblk', '-o', 'NAME,KNAME,TYPE,SIZE,FSTYPE,UUID,MOUNTPOINT,RO,ROTA,MODEL,SERIAL'),
  },
  { id: 'fstab', group: 'disks', to: 'disks/fstab', source: document('/etc/fstab') },
  {
    id: 'biggest-directories',
    group: 'disks',
    to: 'disks/biggest.txt',
    source: made('du of /var and /opt, sorted', spaceText),
    limitMs: 15_000,
  },
  { id: 'meminfo', group: 'memory', to: 'memory/meminfo.txt', source: log('/proc/meminfo') },
  { id: 'swaps', group: 'memory', to: 'memory/swaps.txt', source: log('/proc/swaps') },
  { id: 'load', group: 'memory', to: 'memory/loadavg.txt', source: log('/proc/loadavg') },
  { id: 'cpu-pressure', group: 'memory', to: 'memory/pressure-cpu.txt', source: log('/proc/pressure/cpu') },
  { id: 'io-pressure', group: 'memory', to: 'memory/pressure-io.txt', source: log('/proc/pressure/io') },
  { id: 'memory-pressure', group: 'memory', to: 'memory/pressure-memory.txt', source: log('/proc/pressure/memory') },
  {
    id: 'processes',
    group: 'memory',
    to: 'memory/processes.txt',
    // Names only: arguments hold secrets.
    source: command('ps', '-eo', 'pid,ppid,uid,stat,pcpu,pmem,rss,etimes,nlwp,comm', '--sort=-rss'),
  },
  {
    id: 'oom-kills',
    group: 'memory',
    to: 'memory/oom-kills.txt',
    source: made('journalctl -k: kills for lack of memory', oomKillsText),
    limitMs: 20_000,
  },
  {
    id: 'kernel-journal',
    group: 'kernel',
    to: 'kernel/kernel.log',
    source: journal('-k', '-b'),
    limitMs: 20_000,
    limitBytes: 2 * MiB,
  },
  {
    id: 'dmesg',
    group: 'kernel',
    to: 'kernel/dmesg.txt',
    source: command('dmesg', '--time-format=iso'),
    limitBytes: MiB,
  },
  { id: 'kernel-version', group: 'kernel', to: 'kernel/version.txt', source: log('/proc/version') },
  { id: 'modules', group: 'kernel', to: 'kernel/modules.txt', source: command('lsmod') },
  { id: 'sysctl', group: 'kernel', to: 'kernel/sysctl.txt', source: command('sysctl', '--all'), answers: [0, 1, 255] },
  {
    id: 'reboots',
    group: 'kernel',
    to: 'kernel/reboots.txt',
    source: command('last', '-x', '-F', '-n', '200', 'reboot', 'shutdown'),
  },
  { id: 'uptime', group: 'kernel', to: 'kernel/uptime.txt', source: log('/proc/uptime') },
  {
    id: 'crashes',
    group: 'kernel',
    to: 'kernel/crashes.txt',
    source: command('ls', '-l', '/var/crash'),
    answers: [0, 2],
  },
  {
    id: 'packages',
    group: 'packages',
    to: 'packages/dpkg.txt',
    source: commandAnywhere(['dpkg-query', '--list'], root => [
      'dpkg-query',
      `--admindir=${root}/var/lib/dpkg`,
      '--list',
    ]),
  },
  { id: 'package-history', group: 'packages', to: 'packages/dpkg.log', source: log('/var/log/dpkg.log') },
  {
    id: 'apt-history',
    group: 'packages',
    to: 'packages/apt',
    source: logsIn('/var/log/apt', /^history\.log(\.\d+\.gz)?$/),
    limitBytes: MiB,
  },
];
