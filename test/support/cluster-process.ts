import { parseArgs } from 'node:util';
import * as z from 'zod';
import { createEventBus } from '../../agent/pipeline/events.ts';
import { openJournal } from '../../agent/pipeline/journal.ts';
import { revertPipeline } from '../../agent/pipeline/revert.ts';
import { runPipeline } from '../../agent/pipeline/runner.ts';
import type { AnyStage } from '../../agent/pipeline/selection.ts';
import type { ChangeKinds } from '../../bootstrap/change.ts';
import { clusterNodeKind } from '../../bootstrap/changes/cluster-node.ts';
import { fileChange } from '../../bootstrap/changes/file.ts';
import { kernelModuleChange } from '../../bootstrap/changes/kernel-module.ts';
import { podNetworkKind } from '../../bootstrap/changes/pod-network.ts';
import { sysctlChange } from '../../bootstrap/changes/sysctl.ts';
import { unitChange } from '../../bootstrap/changes/unit.ts';
import { clusterStage } from '../../bootstrap/cluster/stage.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import { factsStage } from '../../bootstrap/facts/stage.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import { localHost } from '../../bootstrap/host/local-host.ts';
import { syntheticKinds } from '../pipeline/synthetic.ts';

/**
 * The stage cluster by itself, as a process of its own that a test can kill: pipeline, change kinds and host are the real
 * ones, what comes before the stage is taken as proved. `root` is `/` in a machine that boots the Kubernetes image, else a
 * tree of cluster-machine.ts. Prints one line of JSON for each event.
 *
 *     node cluster-process.ts run|reset < INPUT.json
 */
const Input = z.object({
  root: z.string().default('/'),
  /** null: those of this machine. */
  facts: z.record(z.string(), z.unknown()).nullable().default(null),
  settings: z.object({
    distribution: z.string(),
    kubernetesVersion: z.string(),
    role: z.enum(['control-plane', 'worker']),
    podSubnet: z.string().nullable(),
    serviceSubnet: z.string().nullable(),
    controlPlaneEndpoint: z.string().nullable(),
    join: z.object({ endpoint: z.string(), caCertHashes: z.array(z.string()) }).nullable(),
  }),
  token: z.string().nullable(),
});

const { root, facts, settings, token } = Input.parse(JSON.parse(await stdin()));
const [action] = parseArgs({ allowPositionals: true }).positionals;
const machine = localHost({ root });
const inTree: Host['run'] = ([program, ...args], options) =>
  machine.run([program === 'ctr' ? `${root}/usr/bin/ctr` : program, ...args], options);
const host: Host = root === '/' ? machine : { ...machine, run: inTree };
await host.files.write('/run/conjurer/lock', '', 0o600);
const events = createEventBus();
events.subscribe(event => say({ ...event, ...('error' in event ? { error: String(event.error) } : {}) }));
const note = (text: string) => events.emit({ type: 'noted', stage: 'cluster', text });

const proved = (name: 'facts' | 'components' | 'configure', output: object) =>
  ({ name, needs: [], onFailure: 'keep', plan: async () => [], verify: async () => output }) as unknown as AnyStage;
const stages = [
  facts === null ? factsStage : proved('facts', facts),
  proved('components', { manifest: 'absent' }),
  proved('configure', { generation: 1 }),
  clusterStage({ settings: async () => settings, builtInKeys: [], uid: 0, readySeconds: 300, note }),
] as readonly AnyStage[];
const kinds: ChangeKinds = {
  ...syntheticKinds,
  file: fileChange,
  unit: unitChange,
  'kernel-module': kernelModuleChange,
  sysctl: sysctlChange,
  'cluster-node': clusterNodeKind({ joinToken: async () => token, note }),
  'pod-network': podNetworkKind(note),
};

try {
  const journal = await openJournal(host);
  const { signal } = new AbortController();
  const parts = { stages, kinds, host, journal, events, signal };
  if (action === 'reset') say({ type: 'reset', ...(await revertPipeline(parts, null)) });
  else say({ type: 'proved', output: (await runPipeline(parts)).cluster });
} catch (error) {
  if (!(error instanceof AgentError)) throw error;
  const { code, message, seen, wanted, next } = error;
  say({ type: 'failed', code, message, seen, wanted, next });
  process.exitCode = error.exitStatus;
}

async function stdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
