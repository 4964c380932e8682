import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { type ApplyChange, kindOf } from '../../agent/pipeline/apply-change.ts';
import { createEventBus } from '../../agent/pipeline/events.ts';
import { type Fold, openJournal } from '../../agent/pipeline/journal.ts';
import { revertPipeline } from '../../agent/pipeline/revert.ts';
import { runPipeline } from '../../agent/pipeline/runner.ts';
import type { AnyStage } from '../../agent/pipeline/selection.ts';
import type { Change, ChangeKind, ChangeKinds } from '../../bootstrap/change.ts';
import { fileChange } from '../../bootstrap/changes/file.ts';
import { secretFileChange } from '../../bootstrap/changes/secret-file.ts';
import { symlinkChange } from '../../bootstrap/changes/symlink.ts';
import { unitChange } from '../../bootstrap/changes/unit.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import type { Disk } from '../../bootstrap/host/disk.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import { type PowerCutMachine, powerCutHost, powerCutMachine } from '../support/power-cut-host.ts';

/** What a test may replace by something wrong, to see that it is found. */
export interface Mutation {
  readonly applyChange?: ApplyChange;
  readonly fold?: Fold;
  readonly through?: (disk: Disk) => Disk;
  readonly syncs?: false;
}

const unused: ChangeKind<Change> = {
  isDone: () => Promise.reject(new Error('no synthetic stage plans this kind')),
  apply: () => Promise.reject(new Error('no synthetic stage plans this kind')),
  undo: () => Promise.reject(new Error('no synthetic stage plans this kind')),
};

export const syntheticKinds: ChangeKinds = {
  file: fileChange,
  symlink: symlinkChange,
  'secret-file': secretFileChange,
  unit: unitChange,
  registration: unused,
  activation: unused,
  certificate: unused,
  configuration: unused,
  'join-removal': unused,
  move: unused,
  ruleset: unused,
  network: unused,
  hostname: unused,
  'service-file': unused,
  'proxy-file': unused,
  'image-import': unused,
  'image-labels': unused,
  'daemon-reload': unused,
  'component-file': unused,
  'component-restore': unused,
  'kernel-module': unused,
  sysctl: unused,
  'cluster-node': unused,
  'pod-network': unused,
  manifest: unused,
  workload: unused,
  'operator-secret': unused,
  handoff: unused,
};

export const keyPath = '/var/lib/conjurer/node.key';
const token = Buffer.from('the new token\n');

/** A machine before its first run: a service that will be replaced, and files of every sort in the way. */
export function freshMachine(): PowerCutMachine {
  const machine = powerCutMachine();
  machine.disk.seed({
    '/etc/hostname': { content: 'unnamed\n', mode: 0o644 },
    '/etc/legacy.conf': { content: 'old = yes\n', mode: 0o600 },
    '/etc/blob.bin': { content: Buffer.from([0xff, 0x00, 0xfe, 0x0a]), mode: 0o640 },
    '/etc/resolv.conf': { target: '../run/resolv.conf' },
    '/etc/input/token': { content: token, mode: 0o400 },
    '/usr/lib/systemd/system/old.service': { content: '[Service]\n', mode: 0o644 },
    '/usr/lib/systemd/system/plain.service': { content: '[Service]\n', mode: 0o644 },
    '/var/lib/conjurer/token': { content: 'the old token\n', mode: 0o600 },
  });
  machine.enabled.add('old.service');
  machine.active.add('old.service');
  return machine;
}

const registerChanges: readonly Change[] = [
  { kind: 'secret-file', id: 'key', path: keyPath, mode: 0o600, source: { generate: 'p256-key' } },
  { kind: 'file', id: 'hostname', path: '/etc/hostname', mode: 0o644, content: 'edge-001\n' },
  { kind: 'file', id: 'legacy', path: '/etc/legacy.conf', mode: 0o644, content: null },
  { kind: 'file', id: 'blob', path: '/etc/blob.bin', mode: 0o600, content: 'text now\n' },
  { kind: 'file', id: 'resolv', path: '/etc/resolv.conf', mode: 0o644, content: 'nameserver 10.0.0.2\n' },
  {
    kind: 'secret-file',
    id: 'token',
    path: '/var/lib/conjurer/token',
    mode: 0o600,
    source: { from: '/etc/input/token', sha256: createHash('sha256').update(token).digest('hex') },
  },
];

const configureChanges = (generation: number): readonly Change[] => [
  { kind: 'file', id: 'nested', path: '/etc/made/for/us.conf', mode: 0o600, content: `generation = ${generation}\n` },
  { kind: 'unit', id: 'old-unit', unit: 'old.service', enabled: false, active: false },
  ...(generation === 1
    ? []
    : [{ kind: 'symlink', id: 'zone', path: '/etc/localtime', target: '/usr/share/zoneinfo/UTC' } as const]),
];

const handoffChanges: readonly Change[] = [
  { kind: 'file', id: 'unit-file', path: '/etc/systemd/system/new.service', mode: 0o644, content: '[Service]\n' },
  { kind: 'unit', id: 'new-unit', unit: 'new.service', enabled: true, active: true },
  { kind: 'unit', id: 'plain-unit', unit: 'plain.service', active: true },
];

/** What the stages saw, over every process that ran on one machine. */
export interface Witness {
  readonly keys: Set<string>;
}

export interface Wanted {
  readonly generation: number;
  /** The stage that does not verify. */
  readonly failing?: 'configure' | 'handoff';
}

/** Three stages with all the kinds: one kept and one reverted where it fails, and one that starts services. */
export function syntheticStages(wanted: Wanted, witness: Witness): readonly AnyStage[] {
  const configure = configureChanges(wanted.generation);
  return [
    {
      name: 'register',
      needs: [],
      onFailure: 'keep',
      plan: async () => [...registerChanges],
      async verify({ host }) {
        await prove(registerChanges, host);
        const fingerprint = await keyFingerprint(host);
        witness.keys.add(fingerprint);
        return { nodeId: 'node-1', registrationId: 'registration-1', certSha256: fingerprint };
      },
    },
    {
      name: 'configure',
      needs: ['register'],
      onFailure: 'revert',
      plan: async () => [...configure],
      async verify({ host }) {
        await prove(configure, host);
        if (wanted.failing === 'configure') throw new AgentError('E_STAGE_NOT_PROVED', 'told to fail');
        return { generation: wanted.generation };
      },
    },
    {
      name: 'handoff',
      needs: ['register', 'configure'],
      onFailure: 'keep',
      plan: async () => [...handoffChanges],
      async verify({ host }) {
        await prove(handoffChanges, host);
        if (wanted.failing === 'handoff') throw new AgentError('E_STAGE_NOT_PROVED', 'told to fail');
        return { state: 'ready' };
      },
    },
  ];
}

/** One process that runs the pipeline on this machine. */
export async function runOn(machine: PowerCutMachine, wanted: Wanted, witness: Witness, mutation: Mutation = {}) {
  const parts = await processOn(machine, mutation);
  return runPipeline({ ...parts, stages: syntheticStages(wanted, witness) }, mutation.applyChange);
}

/** One process that reverts everything on this machine. */
export async function revertOn(machine: PowerCutMachine, mutation: Mutation = {}) {
  const parts = await processOn(machine, mutation);
  return revertPipeline({ ...parts, stages: syntheticStages({ generation: 1 }, { keys: new Set() }) }, null);
}

async function processOn(machine: PowerCutMachine, { fold, ...mutation }: Mutation) {
  const host = powerCutHost(machine, mutation);
  return {
    host,
    journal: await openJournal(host, fold),
    kinds: syntheticKinds,
    events: createEventBus(),
    signal: new AbortController().signal,
  };
}

async function prove(changes: readonly Change[], host: Host): Promise<void> {
  for (const change of changes) {
    if (await kindOf(syntheticKinds, change).isDone(change, host)) continue;
    throw new AgentError('E_STAGE_NOT_PROVED', `${change.id} does not hold`);
  }
}

async function keyFingerprint(host: Host): Promise<string> {
  const spki = createPublicKey(createPrivateKey((await host.files.readText(keyPath)) ?? '')).export({
    type: 'spki',
    format: 'der',
  });
  return createHash('sha256').update(spki).digest('hex');
}
