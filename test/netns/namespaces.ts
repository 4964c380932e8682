import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A machine's worth of namespaces: its own network, and a view of the file system in which /etc, /var and /run can be
 * written without touching this machine. As root, or in a user namespace.
 */
export interface Namespaces {
  /** In the namespaces, or in a network namespace made there by `ip netns add`. Never rejects for a status. */
  run(argv: readonly string[], options?: { netns?: string; env?: Record<string, string> }): Promise<Ran>;
  /** Throws where a line fails. */
  shell(script: string): Promise<string>;
  /** `netns` null: the network of the namespaces themselves. */
  start(argv: readonly string[], netns: string | null): ChildProcess;
  close(): Promise<void>;
}

/** Why there can be no namespaces here; null: they can. */
export async function whyNot(): Promise<string | null> {
  for (const program of ['iptables-nft', 'iptables-legacy', 'ip', 'nsenter', 'unshare']) {
    if (!programs.some(folder => existsSync(`${folder}/${program}`))) return `${program} is not installed`;
  }
  try {
    const probe = 'ip link add veth-a type veth peer name veth-b && iptables-nft -A INPUT -m conntrack --ctstate NEW';
    await execute('unshare', [...unshared(), 'sh', '-c', `${views} && ${probe}`], { env: environment });
    return null;
  } catch (error) {
    return `neither as root nor in a user namespace: ${String(error).split('\n').slice(0, 3).join(' ')}`;
  }
}

export async function openNamespaces(): Promise<Namespaces> {
  const holder = spawn('unshare', [...unshared(), 'sh', '-c', `${views} && echo ready && exec sleep infinity`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: environment,
  });
  const [line] = await Promise.race([
    once(createInterface({ input: holder.stdout }), 'line'),
    once(holder, 'exit').then(([status]) => {
      throw new Error(`the namespaces could not be made: status ${status}`);
    }),
  ]);
  if (line !== 'ready' || holder.pid === undefined) throw new Error(`the namespaces could not be made: ${line}`);
  const enter = ['-t', String(holder.pid), ...(isRoot() ? [] : ['-U', '--preserve-credentials']), '-n', '-m'];
  const within = (argv: readonly string[], netns: string | null = null) => [
    ...enter,
    ...(netns === null ? [] : ['ip', 'netns', 'exec', netns]),
    ...argv,
  ];

  const run: Namespaces['run'] = (argv, { netns, env } = {}) =>
    new Promise(resolve => {
      const options = { env: { ...environment, ...env }, maxBuffer: 64 * 1024 * 1024 };
      execFile('nsenter', within(argv, netns), options, (error, stdout, stderr) => {
        const failed = error?.signal === 'SIGKILL' ? 137 : typeof error?.code === 'number' ? error.code : 255;
        resolve({ status: error === null ? 0 : failed, stdout, stderr });
      });
    });
  return {
    run,
    async shell(script) {
      const ran = await run(['sh', '-euc', script]);
      if (ran.status !== 0) throw new Error(`status ${ran.status}: ${ran.stderr}\n${script}`);
      return ran.stdout;
    },
    start: (argv, netns) =>
      spawn('nsenter', within(argv, netns), { env: environment, stdio: ['pipe', 'pipe', 'inherit'] }),
    async close() {
      holder.kill('SIGKILL');
      await once(holder, 'exit');
    },
  };
}

const programs = ['/usr/sbin', '/sbin', '/usr/bin', '/bin'];
const environment = { PATH: ['/usr/local/sbin', ...programs].join(':'), HOME: '/', LC_ALL: 'C' };
const isRoot = () => process.getuid?.() === 0;
const unshared = () => [
  ...(isRoot() ? [] : ['--user', '--map-root-user']),
  '--net',
  '--mount',
  '--propagation',
  'private',
];

/** /usr/local/sbin is the first place where conjurer looks for a program: there the variant is chosen. */
const views = [
  'mount -t tmpfs tmpfs /mnt',
  'mkdir /mnt/etc /mnt/etc-work /mnt/var /mnt/var-work',
  'mount -t overlay -o lowerdir=/etc,upperdir=/mnt/etc,workdir=/mnt/etc-work overlay /etc',
  'mount -t overlay -o lowerdir=/var,upperdir=/mnt/var,workdir=/mnt/var-work overlay /var',
  'mount -t tmpfs tmpfs /run',
  'mount -t tmpfs tmpfs /usr/local/sbin',
  'mount -t sysfs sysfs /sys',
].join(' && ');
