import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { prepareRootFileSystem } from '../binary/build/minbase.ts';

const execute = promisify(execFile);
const project = join(import.meta.dirname, '../..');
const packages = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'udev',
  'netplan.io',
  'iproute2',
  'iputils-ping',
  'systemd-timesyncd',
];
const inside = { project: '/opt/conjurer', node: '/usr/local/bin/node' };

/** The machine's own way out, and the only address of the world outside, where gateway and Controller are. */
export const world = { gateway: '10.9.0.1', machine: '10.9.0.10' };

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A Debian with systemd, systemd-networkd and netplan in a container, connected to a Controller by `host0`. */
export interface NetworkMachine {
  /** Runs a program in it. Never rejects for a status. */
  run(...argv: string[]): Promise<Ran>;
  /** The agent's own command line. */
  conjurer(...args: string[]): Promise<Ran>;
  /** The same, left running. */
  startConjurer(...args: string[]): Promise<ChildProcess>;
  read(path: string): string | null;
  write(path: string, text: string): void;
  configure(network: Readonly<Record<string, unknown>>): void;
  /** Addresses of an interface, with prefix length; [] where it is not there. */
  addresses(name: string): Promise<string[]>;
  /** Restarts it as a power cut does, and waits until it runs again. */
  cutPower(): Promise<void>;
  close(): Promise<void>;
}

/** Why there can be none here; null: there can. */
export function whyNoMachine(): string | null {
  if (process.getuid?.() !== 0) return 'only root can boot a container';
  if (!existsSync('/usr/bin/systemd-nspawn')) return 'systemd-nspawn is not installed';
  if (!existsSync('/sys/fs/cgroup')) return 'there are no control groups';
  return prepareRootFileSystem('network', packages).obstacle;
}

export async function bootMachine(): Promise<NetworkMachine> {
  const folder = mkdtempSync(join(tmpdir(), 'conjurer-network-'));
  const netns = `conjurer-${process.pid}-${folder.slice(-6)}`;
  const root = join(folder, 'root');
  const { path: base } = prepareRootFileSystem('network', packages);
  for (const name of ['root', 'upper', 'work']) mkdirSync(join(folder, name));
  const layers = `lowerdir=${base},upperdir=${join(folder, 'upper')},workdir=${join(folder, 'work')}`;
  execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', layers, root]);
  execFileSync('ip', ['netns', 'add', netns]);
  const outside = [`--net=/run/netns/${netns}`];
  execFileSync('nsenter', [
    ...outside,
    'sh',
    '-ec',
    `ip link add br0 type bridge; ip link set br0 up; ip link set lo up; ip address add ${world.gateway}/24 dev br0`,
  ]);
  const controller = await startController(outside, folder);
  furnish(root, folder);
  let container = await boot(outside, root, folder);

  const enter = () => ['-t', String(container.leader), '-m', '-u', '-i', '-n', '-p', '-r', '-w', '--'];
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
  const run = async (...argv: string[]): Promise<Ran> => {
    try {
      return { status: 0, ...(await execute('nsenter', [...enter(), ...argv], { env })) };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { status: code, stdout, stderr };
    }
  };
  const agent = [inside.node, `${inside.project}/agent/main.ts`];
  return {
    run,
    conjurer: (...args) => run(...agent, ...args),
    startConjurer: async (...args) => spawn('nsenter', [...enter(), ...agent, ...args], { env, stdio: 'ignore' }),
    read: path => (existsSync(root + path) ? readFileSync(root + path, 'utf8') : null),
    write: (path, text) => put(root + path, text, 0o600),
    configure: network =>
      put(
        `${root}/etc/conjurer/conjurer.yaml`,
        stringify({
          edgeName: 'edge-001',
          firewall: { enabled: false },
          enrolment: { timeSyncSeconds: 0, patience: { timeouts: { connectSeconds: 2 } } },
          network,
        }),
        0o600,
      ),
    async addresses(name) {
      const { stdout } = await run('ip', '-j', 'address', 'show', 'dev', name);
      const [link] = JSON.parse(stdout || '[]') as {
        addr_info: { local: string; prefixlen: number; scope: string }[];
      }[];
      return (link?.addr_info ?? [])
        .filter(({ scope }) => scope === 'global')
        .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
    },
    async cutPower() {
      await stop(container);
      container = await boot(outside, root, folder);
    },
    async close() {
      await stop(container);
      controller.kill('SIGTERM');
      execFileSync('umount', ['-l', root]);
      execFileSync('ip', ['netns', 'delete', netns]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Container {
  readonly supervisor: ChildProcess;
  readonly gone: Promise<unknown>;
  /** Its process 1, as seen from outside. */
  readonly leader: number;
}

async function boot(outside: readonly string[], root: string, folder: string): Promise<Container> {
  const flags = ['--quiet', '--register=no', '--keep-unit', '--resolv-conf=off', '--timezone=off', '--link-journal=no'];
  const supervisor = spawn(
    'nsenter',
    [
      ...outside,
      'systemd-nspawn',
      '--boot',
      ...flags,
      `--machine=conjurer${folder.slice(-6)}`,
      `--directory=${root}`,
      '--network-bridge=br0',
      '--console=read-only',
      `--bind-ro=${project}:${inside.project}`,
      `--bind-ro=${process.execPath}:${inside.node}`,
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      // netplan tells udev of the interfaces, through /sys.
      env: { ...process.env, SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'yes' },
    },
  );
  const gone = once(supervisor, 'exit');
  let said = '';
  for (const stream of [supervisor.stdout, supervisor.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      said += bytes.toString('utf8');
    });
  }
  const pid = supervisor.pid ?? 0;
  const leader = await eventually(`the container runs: ${said}`, async () => {
    if (supervisor.exitCode !== null) throw new Error(`systemd-nspawn ended: ${said}`);
    const [child] = childrenOf(pid);
    if (child === undefined) return null;
    const enter = ['-t', String(child), '-m', '-u', '-i', '-n', '-p', '-r', '-w', '--'];
    const state = await execute('nsenter', [...enter, '/usr/bin/systemctl', 'is-system-running']).catch(
      (error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }),
    );
    return /running|degraded/.test(state.stdout) ? child : null;
  });
  return { supervisor, gone, leader };
}

/** As a power cut: no process gets to know of it. */
async function stop({ supervisor, gone, leader }: Container): Promise<void> {
  process.kill(leader, 'SIGKILL');
  await gone;
  supervisor.stdout?.destroy();
}

function furnish(root: string, folder: string): void {
  const list = readFileSync(join(project, 'systemd/install.list'), 'utf8');
  for (const line of list.split('\n')) {
    const [name = '', mode = '', to = '', enabled] = line.split(/\s+/);
    if (!name.includes('rollback')) continue;
    put(root + to, readFileSync(join(project, 'systemd', name), 'utf8'), Number.parseInt(mode, 8));
    if (enabled === 'enabled') execFileSync('systemctl', [`--root=${root}`, 'enable', name], { stdio: 'ignore' });
  }
  execFileSync('systemctl', [`--root=${root}`, 'enable', 'systemd-networkd.service'], { stdio: 'ignore' });
  // Of the devices, those of this machine are nobody's business in there; its interfaces are.
  put(
    `${root}/etc/systemd/system/systemd-udev-trigger.service.d/net.conf`,
    '[Service]\nExecStart=\nExecStart=udevadm trigger --subsystem-match=net --action=add\n',
    0o644,
  );
  const before = { network: { version: 2, ethernets: { host0: { addresses: [`${world.machine}/24`] } } } };
  put(`${root}/etc/netplan/50-cloud-init.yaml`, stringify(before), 0o600);
  mkdirSync(`${root}/etc/cloud/cloud.cfg.d`, { recursive: true });
  for (const [name, from] of [
    ['passphrase', 'passphrase'],
    ['credentials.pem', 'credentials.pem'],
  ] as const) {
    put(`${root}/etc/conjurer/${name}`, readFileSync(join(folder, 'credentials', from), 'utf8'), 0o400);
  }
}

async function startController(outside: readonly string[], folder: string): Promise<ChildProcess> {
  const data = join(folder, 'controller');
  const node = (...args: string[]) => [...outside, process.execPath, ...args];
  const main = join(project, 'test/controller/main.ts');
  const listen = `${world.gateway}:8443`;
  const child = spawn('nsenter', node(main, '--listen', listen, '--data', data, '--name', world.gateway), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('Reference Controller at')) break;
  }
  const admin = join(project, 'test/controller/admin/main.ts');
  const out = join(folder, 'credentials');
  const order = ['cluster', 'create', 'cluster-1', '--out', out, '--url', `https://${listen}`];
  await execute('nsenter', node(admin, '--data', data, ...order));
  return child;
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function put(path: string, text: string, mode: number): void {
  mkdirSync(join(path, '..'), { recursive: true });
  rmSync(path, { force: true });
  writeFileSync(path, text, { mode });
}

/** Looks until there is something, for a minute. */
export async function eventually<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const endMs = performance.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > endMs) throw new Error(`it did not come about: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}
