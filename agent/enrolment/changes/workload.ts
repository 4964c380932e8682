import * as z from 'zod';
import type { ChangeKind, WorkloadChange, WorkloadName } from '../../../bootstrap/change.ts';
import { runKubectl } from '../../../bootstrap/cluster/kubectl.ts';
import { whyFailed } from '../../../bootstrap/cluster/why-failed.ts';
import { AgentError } from '../../../bootstrap/errors.ts';
import { parseJson } from '../../../bootstrap/facts/json.ts';
import type { Host } from '../../../bootstrap/host/host.ts';
import type { EnrolmentParts } from '../enrolment.ts';
import { WorkloadObject, whyNotRunning } from '../workloads/workload-status.ts';

const PAUSE_MS = 2_000;
const CALL_MS = 60_000;
const MOST_PODS = 3;

/** Waits, and does nothing: what makes a workload ready is the cluster. */
export function workloadKind({ bus, now }: Pick<EnrolmentParts, 'bus' | 'now'>): ChangeKind<WorkloadChange> {
  return {
    async isDone(change, host) {
      const found = await read(host, change);
      return typeof found !== 'string' && whyNotRunning(found) === null;
    },
    async apply(change, host, signal) {
      const { workload, timeoutSeconds, kubeconfig } = change;
      const name = `${workload.kind} ${workload.namespace}/${workload.name}`;
      const look = `kubectl --kubeconfig ${kubeconfig} -n ${workload.namespace} describe pods`;
      const next = `nothing for up to ${timeoutSeconds} s; to look: ${look}`;
      bus.emit({ type: 'waiting', for: `${name} to run`, who: 'time', since: now(), next });
      const endMs = host.clock.monotonicMs() + 1000 * timeoutSeconds;
      for (;;) {
        const found = await read(host, change, signal);
        signal.throwIfAborted();
        const missing = typeof found === 'string' ? found : whyNotRunning(found);
        if (missing === null) break;
        if (host.clock.monotonicMs() + PAUSE_MS > endMs) {
          const pods = typeof found === 'string' ? [] : await lookAtPods(host, change, found, signal);
          throw new AgentError('E_WORKLOAD_NOT_READY', `${name} does not run after ${timeoutSeconds} s`, {
            seen: [missing, ...pods].join('; '),
            wanted: 'all of its pods ready',
            next: `${look}; then: conjurer run`,
          });
        }
        await host.clock.sleep(PAUSE_MS, signal);
      }
      bus.emit({ type: 'wait-ended' });
    },
    undo: async () => [],
  };
}

/** A text says why it cannot be told. */
async function read(
  host: Host,
  { kubeconfig, workload }: WorkloadChange,
  signal?: AbortSignal,
): Promise<WorkloadObject | string> {
  const args = [
    '--request-timeout=10s',
    '-n',
    workload.namespace,
    'get',
    typeOf(workload),
    workload.name,
    '-o',
    'json',
  ];
  const result = await runKubectl(host, kubeconfig, args, options(signal));
  if (result.status !== 0) return whyFailed(result);
  try {
    return WorkloadObject.parse(JSON.parse(result.stdout));
  } catch {
    return `kubectl gave something that is no ${workload.kind}`;
  }
}

function typeOf({ kind }: WorkloadName): string {
  return `${kind.toLowerCase()}s.apps`;
}

function options(signal: AbortSignal | undefined) {
  return { timeoutMs: CALL_MS, ...(signal === undefined ? {} : { signal }) };
}

const Waiting = z.object({ reason: z.string().default('waiting'), message: z.string().default('') });
const Pods = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      status: z.object({
        phase: z.string(),
        conditions: z
          .array(z.object({ type: z.string(), status: z.string(), message: z.string().default('') }))
          .default([]),
        containerStatuses: z
          .array(z.object({ name: z.string(), state: z.object({ waiting: Waiting.optional() }) }))
          .default([]),
      }),
    }),
  ),
});
type Pod = z.infer<typeof Pods>['items'][number];

/** What its pods wait for, each in a line. */
async function lookAtPods(
  host: Host,
  { kubeconfig, workload }: WorkloadChange,
  { spec }: WorkloadObject,
  signal: AbortSignal,
): Promise<string[]> {
  const labels = Object.entries(spec.selector.matchLabels).map(([key, value]) => `${key}=${value}`);
  const args = ['-n', workload.namespace, 'get', 'pods', '-l', labels.join(','), '-o', 'json'];
  const result = await runKubectl(host, kubeconfig, args, options(signal));
  const pods = result.status === 0 ? Pods.safeParse(parseJson(result.stdout)).data?.items : undefined;
  return (pods ?? []).slice(0, MOST_PODS).map(pod => `pod ${pod.metadata.name}: ${stateOf(pod)}`);
}

function stateOf({ status }: Pod): string {
  const waiting = status.containerStatuses.find(({ state }) => state.waiting !== undefined)?.state.waiting;
  if (waiting !== undefined)
    return [waiting.reason, waiting.message]
      .filter(text => text !== '')
      .join(': ')
      .slice(0, 300);
  const unmet = status.conditions.find(condition => condition.status === 'False' && condition.message !== '');
  return unmet === undefined ? status.phase : `${status.phase}: ${unmet.message}`.slice(0, 300);
}
