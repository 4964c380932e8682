import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const MiB = 1024 * 1024;
const LIMITS = { ratio: 5, peakMiB: 200 };
const UNITS = ['kubelet.service', 'containerd.service', 'conjurer.service', 'cloud-init.service', 'ssh.service'];
/** What sos asks that a bundle asks too; only those that it enables on this machine can be named to it. */
const PLUGINS = [
  'apt',
  'block',
  'boot',
  'cgroups',
  'cloud_init',
  'containerd',
  'crio',
  'date',
  'dpkg',
  'filesys',
].concat(
  ['firewall_tables', 'hardware', 'host', 'kernel', 'kubernetes', 'logs', 'memory', 'networking', 'process'],
  ['processor', 'services', 'system', 'systemd'],
);

/** What one entry takes in the journal's file. */
const ENTRY_BYTES = 394;
/** Read by both, or the times cannot be compared: a name in each archive. */
const EVIDENCE = { ours: /\/journals\/all\.log$/m, sos: /\/sos_commands\/logs\/journalctl_--no-pager$/m };

/**
 * `conjurer bundle --plaintext` by the built binary against `sos report --batch` with the comparable plugins, on this
 * machine with a journal of 500 MB and pod logs of 200 MB laid over its own, in turn; and the bundle's peak memory.
 * Throws where either has not read the journal. `--megabytes` (default 500), `--rounds` (default 3), `--dir`, `--binary`. Needs root, sos and systemd-journal-remote.
 */
export async function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      megabytes: { type: 'string', default: '500' },
      rounds: { type: 'string', default: '3' },
      dir: { type: 'string' },
      binary: { type: 'string' },
    },
  });
  const binary = values.binary ?? join(import.meta.dirname, '..', 'dist', `conjurer-linux-${process.arch}`);
  for (const needed of [binary, '/usr/bin/sos', '/lib/systemd/systemd-journal-remote', '/etc/machine-id']) {
    if (!existsSync(needed)) throw new Error(`${needed} is missing; docs/benchmarks.md says what this needs`);
  }
  const folder = mkdtempSync(join(values.dir ?? tmpdir(), 'conjurer-bench-'));
  const made = ['/var/log/journal', '/var/log/pods'].filter(path => !existsSync(path));
  for (const path of made) mkdirSync(path);
  try {
    await measure(folder, binary, Number(values.megabytes), Number(values.rounds));
  } finally {
    for (const path of made) rmdirSync(path);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(folder, binary, megabytes, rounds) {
  const journalBytes = await makeJournal(folder, megabytes);
  makePodLogs(folder);
  say(`journal of ${Math.round(journalBytes / MiB)} MiB, pod logs of 200 MiB\n`);
  const plugins = await enabledPlugins(folder);
  say(
    `load average ${loadavg()
      .map(load => load.toFixed(1))
      .join(', ')}; sos report with ${plugins.join(', ')}\n`,
  );
  say(
    '| round | conjurer bundle | its processor time | its peak | its size | sos report | its processor time | its size | ratio |',
  );
  say('|---|---|---|---|---|---|---|---|---|');
  const ratios = [];
  let peak = 0;
  for (let round = 1; round <= rounds; round++) {
    const ours = await timed(folder, [binary, 'bundle', '--plaintext', '-o', outputIn(folder, 'ours')], [0, 6]);
    const sos = ['sos', 'report', '--batch', '--only-plugins', plugins.join(','), '--tmp-dir', outputIn(folder, 'sos')];
    const theirs = await timed(folder, sos, [0]);
    for (const name of ['ours', 'sos']) requireEvidence(join(folder, name), EVIDENCE[name]);
    ratios.push(theirs.seconds / ours.seconds);
    peak = Math.max(peak, ours.peakMiB);
    const sizes = ['ours', 'sos'].map(name => `${(sizeOf(join(folder, name)) / MiB).toFixed(1)} MiB`);
    const cells = [
      round,
      `${ours.seconds.toFixed(2)} s`,
      `${ours.cpuSeconds.toFixed(1)} s`,
      `${ours.peakMiB} MiB`,
      sizes[0],
      `${theirs.seconds.toFixed(2)} s`,
      `${theirs.cpuSeconds.toFixed(1)} s`,
      sizes[1],
      ratios.at(-1).toFixed(1),
    ];
    say(`| ${cells.join(' | ')} |`);
  }
  const worst = Math.min(...ratios);
  const isKept = worst >= LIMITS.ratio && peak < LIMITS.peakMiB;
  say(
    `\nlimits: at least ${LIMITS.ratio} times faster (least ${worst.toFixed(1)}), peak under ${LIMITS.peakMiB} MiB (${peak})`,
  );
  if (!isKept) process.exitCode = 1;
}

async function enabledPlugins(folder) {
  const { said } = await timed(folder, ['sos', 'report', '--list-plugins'], [0]);
  const [, enabled = ''] = /currently enabled:([\s\S]*?)currently disabled:/.exec(said) ?? [];
  const names = enabled.split('\n').map(line => line.trim().split(/\s+/)[0]);
  return PLUGINS.filter(name => names.includes(name));
}

function requireEvidence(directory, name) {
  const [archive] = readdirSync(directory).filter(file => /\.(gz|xz|tar)$/.test(file));
  const { stdout, status } = spawnSync('tar', ['-taf', join(directory, archive)], {
    encoding: 'utf8',
    maxBuffer: 64 * MiB,
  });
  if (status !== 0 || !name.test(stdout)) throw new Error(`${archive} holds no journal (${name})`);
}

/**
 * In a mount namespace of its own, where journal and pod logs are the made ones. sos takes the journal only where systemd
 * runs the machine: where it does not, the namespace has its sign, and systemctl reads units from their files.
 */
async function timed(folder, argv, statuses) {
  const script = [
    `mount --bind "${folder}/journal" /var/log/journal && mount --bind "${folder}/pods" /var/log/pods || exit 99`,
    'if [ ! -d /run/systemd/system ]; then',
    '  mount -t tmpfs tmpfs /run/systemd && mkdir /run/systemd/system || exit 99',
    '  export SYSTEMD_OFFLINE=1',
    'fi',
    '"$@"; code=$?; times >&3; exit $code',
  ].join('\n');
  const startMs = performance.now();
  const child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...argv], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    cwd: folder,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', text => {
      said = `${said}${text}`.slice(-20_000);
    });
  }
  let times = '';
  child.stdio[3].on('data', text => {
    times += text;
  });
  let peakMiB = 0;
  const watch = setInterval(() => {
    peakMiB = Math.max(peakMiB, ...childrenOf(child.pid).map(residentMiB));
  }, 20);
  const [status] = await once(child, 'close');
  clearInterval(watch);
  if (!statuses.includes(status)) throw new Error(`${argv.join(' ')} ended with ${status}: ${said.slice(-2000)}`);
  return { seconds: (performance.now() - startMs) / 1000, cpuSeconds: cpuSecondsIn(times), peakMiB, said };
}

/** The second line of the shell's `times`: user and system time of all that it has waited for. */
function cpuSecondsIn(times) {
  const parts = [...(times.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  return parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}

/** unshare becomes the shell, and the shell's child is what is measured. */
function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  } catch {
    return [];
  }
}

/** The kernel's own mark of the most that the process has had. */
function residentMiB(pid) {
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Math.round(Number(kib ?? 0) / 1024);
  } catch {
    return 0;
  }
}

/** Entries of this boot, so that -b finds them. */
async function makeJournal(folder, megabytes) {
  const directory = join(folder, 'journal', readFileSync('/etc/machine-id', 'utf8').trim());
  mkdirSync(directory, { recursive: true });
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().replaceAll('-', '');
  const file = join(directory, 'system.journal');
  const remote = spawn('/lib/systemd/systemd-journal-remote', ['--seal=no', '--compress=no', '-o', file, '-'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const startUs = BigInt(Date.now() - 3_600_000) * 1000n;
  const entries = Math.ceil((megabytes * 1e6) / ENTRY_BYTES);
  for (let from = 0; from < entries; from += 5000) {
    const texts = Array.from({ length: Math.min(5000, entries - from) }, (_, i) => entryOf(from + i, boot, startUs));
    if (!remote.stdin.write(texts.join(''))) await once(remote.stdin, 'drain');
  }
  remote.stdin.end();
  await once(remote, 'close');
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}

function entryOf(number, boot, startUs) {
  const unit = UNITS[number % UNITS.length];
  const at = BigInt(number) * 3000n;
  return [
    `__REALTIME_TIMESTAMP=${startUs + at}`,
    `__MONOTONIC_TIMESTAMP=${1_000_000n + at}`,
    `_BOOT_ID=${boot}`,
    `PRIORITY=${number % 50 === 0 ? 4 : 6}`,
    `SYSLOG_IDENTIFIER=${unit.split('.')[0]}`,
    `_SYSTEMD_UNIT=${unit}`,
    '_HOSTNAME=edge-1',
    `_PID=${100 + (number % UNITS.length)}`,
    `MESSAGE=${lineOf(number)}`,
    '',
    '',
  ].join('\n');
}

function lineOf(number) {
  const pod = ((number * 2_654_435_761) % 4_294_967_296).toString(16);
  return `I1122 18:57:20.${String(number % 1_000_000).padStart(6, '0')} 1 reconciler.go:${number % 999}] operation ${number} on pod kube-system/coredns-${pod} took ${number % 900} ms and the queue holds ${number % 77} items`;
}

function makePodLogs(folder) {
  for (let pod = 0; pod < 20; pod++) {
    const directory = join(folder, 'pods', `kube-system_pod-${pod}_uid-${pod}`, 'container');
    mkdirSync(directory, { recursive: true });
    for (const restart of [0, 1]) {
      const lines = [];
      for (let line = 0; line < 32_000; line++)
        lines.push(`2026-11-22T18:57:20.123456789Z stderr F ${lineOf(pod * 64_000 + restart * 32_000 + line)}`);
      writeFileSync(join(directory, `${restart}.log`), `${lines.join('\n')}\n`);
    }
  }
}

function outputIn(folder, name) {
  const path = join(folder, name);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  return path;
}

function sizeOf(directory) {
  return readdirSync(directory)
    .filter(name => /\.(gz|xz|tar)$/.test(name))
    .reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
