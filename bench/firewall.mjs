import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const ROUNDS = 5;
const root = join(import.meta.dirname, '..');
const node = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
const programs = ['iptables', 'ip6tables'].flatMap(family => ['', '-save', '-restore'].map(end => `${family}${end}`));

/**
 * How long it takes to close a machine but for tcp 80 and 443, IPv4 and IPv6, and how many programs are started for it:
 * conjurer and ufw in turn, in one run, each on a fresh network namespace as root. ufw has no node ports to close and no
 * reading back. Arguments: the binary; default the sources.
 */
export async function run([given]) {
  for (const [program, why] of [
    ['unshare', 'util-linux'],
    ['ufw', 'ufw'],
    ['strace', 'strace'],
    ['iptables', 'iptables'],
  ]) {
    if (!folders.some(folder => existsSync(`${folder}/${program}`)))
      throw new Error(`${program} is missing: install ${why}`);
  }
  if (process.getuid() !== 0) throw new Error('this needs root: it makes network namespaces');
  const conjurer = given === undefined ? `${node} ${join(root, 'agent/main.ts')}` : given;
  const peers = {
    conjurer: `${conjurer} run --only firewall >/dev/null 2>&1`,
    ufw: 'ufw default deny incoming >/dev/null && ufw allow 80/tcp >/dev/null && ufw allow 443/tcp >/dev/null && ufw --force enable >/dev/null',
  };
  const times = { conjurer: [], [stageAlone]: [], ufw: [] };
  const starts = {};
  for (const [name, command] of Object.entries(peers)) {
    starts[name] = inNamespace(
      `strace -f -qq -e trace=execve -e status=successful -o /run/starts sh -c '${command}'; cat /run/starts`,
      name,
    )
      .split('\n')
      .filter(line => line.includes('execve('));
  }
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, command] of Object.entries(peers)) {
      const said = inNamespace(
        `s=$(date +%s%N); ${command}; e=$(date +%s%N); echo $(((e - s) / 1000)); ${readLog}`,
        name,
      );
      const [microseconds, ...log] = said.trim().split('\n');
      if (round < 0) continue;
      times[name].push(Number(microseconds) / 1000);
      if (name === 'conjurer') times[stageAlone].push(stageMilliseconds(log));
    }
  }
  process.stdout.write(`${'who'.padEnd(18)}    median     least  programs started (of them iptables)\n`);
  for (const [name, all] of Object.entries(times)) {
    const counted = starts[name] ?? [];
    const ofIptables = counted.filter(line => programs.some(program => line.includes(`/${program}"`))).length;
    const programsStarted = counted.length === 0 ? '' : `${counted.length} (${ofIptables})`;
    const [middle, least] = [median(all), Math.min(...all)].map(ms => `${ms.toFixed(0).padStart(6)} ms`);
    process.stdout.write(`${name.padEnd(18)} ${middle} ${least}  ${programsStarted}\n`);
  }
  const ratio = median(times.ufw) / median(times[stageAlone]);
  process.stdout.write(`ufw / the stage    ${ratio.toFixed(2)} (${ROUNDS} rounds each)\n`);
}

const stageAlone = '  of it the stage';
const readLog = 'cat /var/log/conjurer/conjurer.log 2>/dev/null || true';

/** From the log: the command also starts Node, gathers the facts, and waits until the disk has everything. */
function stageMilliseconds(log) {
  const entries = log.map(line => JSON.parse(line)).filter(entry => entry.stage === 'firewall' && entry.mode === 'run');
  const at = msg => Date.parse(entries.find(entry => entry.msg === msg).time);
  return at('stage-verified') - at('stage-started');
}

const folders = ['/usr/sbin', '/sbin', '/usr/bin', '/bin'];

const prepared = `
mount -t tmpfs tmpfs /mnt
for folder in etc var; do
  mkdir /mnt/$folder /mnt/$folder-work
  mount -t overlay -o lowerdir=/$folder,upperdir=/mnt/$folder,workdir=/mnt/$folder-work overlay /$folder
done
mount -t tmpfs tmpfs /run
mount -t sysfs sysfs /sys
ip link set lo up
ip link add eth0 type veth peer name peer0
ip addr add 192.0.2.10/24 dev eth0
ip link set eth0 up
ip link set peer0 up
ip route add default via 192.0.2.1
mkdir -p /etc/conjurer
echo 'edgeName: edge-001' >/etc/conjurer/conjurer.yaml
chmod 600 /etc/conjurer/conjurer.yaml
`;

/** What the commands print, in a namespace where `who` has set the rules: proved, or it is no measurement. */
function inNamespace(commands, who) {
  const chain = who === 'conjurer' ? 'CONJURER-INPUT' : 'ufw-user-input';
  const proof = `iptables -S | grep -q '^-A ${chain} .*--dport 443.*ACCEPT' && ip6tables -S | grep -q '443' || exit 9`;
  const script = `set -e\n${prepared}\n${commands}\n${proof}`;
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['--net', '--mount', '--propagation', 'private', 'sh', '-c', script],
    {
      encoding: 'utf8',
      env: { PATH: folders.join(':'), LC_ALL: 'C' },
    },
  );
  if (status !== 0) throw new Error(`${who} ended with ${status}: ${stderr || stdout}`);
  return stdout;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
