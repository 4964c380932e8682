import { z } from 'zod';
import type { Powered } from '../vm/qemu.ts';

/** Runs kubectl in the machine, as its root. Throws where it fails. */
export function kubectl({ probe }: Powered, words: string): Promise<string> {
  return probe.read(`kubectl --kubeconfig /etc/kubernetes/admin.conf ${words}`);
}

export interface Pod {
  /** "ingress/default-backend-6c8f" */
  readonly name: string;
  readonly phase: string;
  readonly ready: boolean;
  readonly restarts: number;
}

export async function podsOf(powered: Powered): Promise<Pod[]> {
  const { items } = PodList.parse(JSON.parse(await kubectl(powered, 'get pods -A -o json')));
  return items.map(({ metadata, status }) => {
    return {
      name: `${metadata.namespace}/${metadata.name}`,
      phase: status.phase,
      ready: status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
      restarts: status.containerStatuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
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
        phase: z.string(),
        conditions: z.array(Condition).default([]),
        containerStatuses: z.array(z.object({ restartCount: z.number() })).default([]),
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
