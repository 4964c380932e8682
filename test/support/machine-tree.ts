import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { installStandIn, operatorPid } from './stand-in/install.ts';
import { type Ended, type Started, type StartOptions, start } from './started.ts';

/** The two files of a cluster, as the Controller hands them out. */
export interface ClusterFiles {
  readonly passphrase: string | Buffer;
  readonly credentials: string | Buffer;
}

export interface MachineOptions {
  readonly edgeName: string;
  readonly files: ClusterFiles;
  /** More of conjurer.yaml, over the short patience that tests have. */
  readonly enrolment?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly hardware?: Partial<Hardware>;
  /** An existing empty directory; default: a new one. */
  readonly root?: string;
}

export interface Hardware {
  readonly smbiosUuid: string;
  readonly serial: string;
  readonly machineId: string;
}

/** A machine that has just booted from an image, in a directory: what conjurer is given by --root. */
export interface MachineTree {
  readonly root: string;
  readonly edgeName: string;
  /** A path of the machine as this machine sees it. */
  at(file: string): string;
  /** null: it is not there. */
  read(file: string): Promise<string | null>;
  /** An input, 0400, replaced whole. */
  putInput(name: 'passphrase' | 'credentials' | 'ticket', content: string | Buffer): Promise<void>;
  configure(more: Readonly<Record<string, unknown>>): Promise<void>;
  setHardware(hardware: Partial<Hardware>): Promise<void>;
  /** As after a restart of the machine: another boot id, an empty /run, and no operator. */
  reboot(): Promise<void>;
  /** Starts the built binary on this tree with an empty environment. */
  start(...args: string[]): Started;
  run(...args: string[]): Promise<Ended>;
  /** A copy of the disk, taken now, without what runs. */
  clone(): Promise<MachineTree>;
  /** Ends everything that was started here, and removes the tree. */
  remove(): Promise<void>;
}

/** Figures of patience that let a test see in a second what takes minutes on a real machine. */
export const shortPatience = {
  backoff: { floorSeconds: 0.05, baseSeconds: 0.05, capSeconds: 0.4 },
  retryAfter: { controllerCapSeconds: 0.2, otherCapSeconds: 0.2 },
  budget: { tokens: 500, refillSeconds: 0.05 },
  wait: { firstSeconds: 0.3, laterSeconds: 0.3 },
  poll: { waitSeconds: 20, earlySeconds: 0, firstSeconds: 0.3 },
  timeouts: { connectSeconds: 5, tlsSeconds: 10, headersSeconds: 10, callSeconds: 20 },
};

export async function makeMachine(conjurer: string, options: MachineOptions): Promise<MachineTree> {
  const root = options.root ?? (await mkdtemp(path.join(tmpdir(), 'conjurer-machine-')));
  const { edgeName, files, hardware } = options;
  await chmod(root, 0o755);
  const tree = open(conjurer, root, options);
  for (const folder of ['etc/conjurer', 'var/lib', 'var/log', 'run', 'tmp']) {
    await mkdir(path.join(root, folder), { recursive: true });
  }
  await writeFile(tree.at('/etc/hostname'), `${edgeName}\n`);
  await writeFile(tree.at('/etc/os-release'), 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12"\n');
  await tree.configure({});
  await tree.putInput('passphrase', files.passphrase);
  await tree.putInput('credentials', files.credentials);
  await tree.setHardware({
    smbiosUuid: randomUUID(),
    serial: `serial-${randomBytes(4).toString('hex')}`,
    machineId: randomBytes(16).toString('hex'),
    ...hardware,
  });
  await newBoot(root);
  await writeFile(tree.at('/proc/sys/kernel/hostname'), `${edgeName}\n`);
  await installStandIn(root);
  return tree;
}

function open(conjurer: string, root: string, options: Pick<MachineOptions, 'edgeName' | 'enrolment' | 'config'>) {
  const started = new Set<Started>();
  const at = (file: string) => path.join(root, file);
  const startWith = (args: readonly string[], more?: StartOptions) => {
    const one = start(conjurer, ['--root', root, ...args], more);
    started.add(one);
    void one.ended.finally(() => started.delete(one));
    return one;
  };
  const tree: MachineTree = {
    root,
    edgeName: options.edgeName,
    at,
    read: file => readFile(at(file), 'utf8').catch(() => null),
    async putInput(name, content) {
      const file = at(inputs[name]);
      await rm(file, { force: true });
      await writeFile(file, content, { mode: 0o400 });
    },
    async configure(more) {
      const { edgeName, enrolment = {}, config = {} } = options;
      const { enrolment: moreEnrolment = {}, ...rest } = more;
      const usual = { splaySeconds: 0, timeSyncSeconds: 0, deadlineSeconds: 60, patience: shortPatience };
      const all = { edgeName, ...config, ...rest, enrolment: { ...usual, ...enrolment, ...(moreEnrolment as object) } };
      await writeFile(at('/etc/conjurer/conjurer.yaml'), stringify(all), { mode: 0o600 });
    },
    async setHardware({ smbiosUuid, serial, machineId }) {
      await mkdir(at('/sys/class/dmi/id'), { recursive: true });
      const put = (file: string, text: string | undefined) =>
        text === undefined ? undefined : writeFile(at(file), `${text}\n`);
      await put('/sys/class/dmi/id/product_uuid', smbiosUuid);
      await put('/sys/class/dmi/id/product_serial', serial);
      await put('/etc/machine-id', machineId);
    },
    async reboot() {
      await endOperator(root);
      await rm(at('/run'), { recursive: true });
      await mkdir(at('/run'));
      await newBoot(root);
    },
    start: (...args) => startWith(args),
    run: (...args) => startWith(args).ended,
    async clone() {
      const copy = await mkdtemp(path.join(tmpdir(), 'conjurer-machine-'));
      await cp(root, copy, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
      await rm(path.join(copy, 'run'), { recursive: true });
      await mkdir(path.join(copy, 'run'));
      return open(conjurer, copy, options);
    },
    async remove() {
      for (const one of started) one.process.kill('SIGKILL');
      await Promise.allSettled([...started].map(({ ended }) => ended));
      await endOperator(root);
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return tree;
}

const inputs = {
  passphrase: '/etc/conjurer/passphrase',
  credentials: '/etc/conjurer/credentials.pem',
  ticket: '/etc/conjurer/ticket',
} as const;

async function newBoot(root: string): Promise<void> {
  const folder = path.join(root, 'proc/sys/kernel/random');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'boot_id'), `${randomUUID()}\n`);
}

async function endOperator(root: string): Promise<void> {
  const pid = await operatorPid(root);
  if (pid === null) return;
  while (await commandOf(pid).then(command => command.includes(root))) {
    process.kill(pid, 'SIGKILL');
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

async function commandOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
}
