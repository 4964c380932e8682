import { z } from 'zod';
import type { Powered } from '../vm/qemu.ts';

/** Runs kubectl in the machine, as its root. Throws where it fails. */
export function kubectl({ probe }: Powered, words: string): Promise<string> {
  return probe.read(`kubectl --kubeconfig /etc/kubernetes/admin.conf ${words}`);
}

export interface Pod {
  /** "ingress/default-backend-6c8f" */
  readonly name: string;
  /** And its containers were started in this boot: what the cluster says of a pod may be older. */
  readonly ready: boolean;
}

export async function podsOf(powered: Powered): Promise<Pod[]> {
  const bootedAt = Number(await powered.probe.read('echo $(($(date +%s) - $(cut -d. -f1 /proc/uptime)))')) * 1000;
  const { items } = PodList.parse(JSON.parse(await kubectl(powered, 'get pods -A -o json')));
  return items.map(({ metadata, status }) => {
    return {
      name: `${metadata.namespace}/${metadata.name}`,
      ready:
        status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True') &&
        status.containerStatuses.every(({ state }) => Date.parse(state.running?.startedAt ?? '') >= bootedAt),
    };
  });
}

/** Name of each node and whether it is ready. */
export async function nodesOf(powered: Powered): Promise<Record<string, boolean>> {
  const { items } = NodeList.parse(JSON.parse(await kubectl(powered, 'get nodes -o json')));
  return Object.fromEntries(
    items.map(({ metadata, status }) => [
      metadata.name,
      status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    ]),
  );
}

/** What `conjurer plan` would have done, by stage; nothing where everything is as it should be. */
export async function driftOf({ probe }: Powered): Promise<readonly unknown[]> {
  const { stages } = Plan.parse(JSON.parse(await probe.read('conjurer plan --json')));
  return stages.filter(({ state }) => state !== 'holds');
}

const Condition = z.object({ type: z.string(), status: z.string() });
const PodList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), namespace: z.string() }),
      status: z.object({
        conditions: z.array(Condition).default([]),
        containerStatuses: z
          .array(z.object({ state: z.object({ running: z.object({ startedAt: z.string() }).optional() }) }))
          .default([]),
      }),
    }),
  ),
});
const NodeList = z.object({
  items: z.array(
    z.object({ metadata: z.object({ name: z.string() }), status: z.object({ conditions: z.array(Condition) }) }),
  ),
});
const Plan = z.object({ stages: z.array(z.looseObject({ stage: z.string(), state: z.string() })) });
