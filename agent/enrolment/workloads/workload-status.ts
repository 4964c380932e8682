import * as z from 'zod';

const Count = z.number().default(0);

/** Of a Deployment, DaemonSet or StatefulSet, what tells whether it runs. */
export const WorkloadObject = z.object({
  metadata: z.object({ generation: z.number() }),
  spec: z.object({
    replicas: z.number().optional(),
    selector: z.object({ matchLabels: z.record(z.string(), z.string()).default({}) }),
  }),
  status: z.object({
    observedGeneration: Count,
    readyReplicas: Count,
    updatedReplicas: Count,
    desiredNumberScheduled: z.number().optional(),
    numberReady: Count,
    updatedNumberScheduled: Count,
  }),
});
export type WorkloadObject = z.infer<typeof WorkloadObject>;

/** What is missing, as in "1 of 2 pods ready"; null: all of its pods are ready, and made from its object as it is now. */
export function whyNotRunning({ metadata, spec, status }: WorkloadObject): string | null {
  if (status.observedGeneration < metadata.generation) return 'the cluster has not looked at it yet';
  const isDaemonSet = status.desiredNumberScheduled !== undefined;
  const wanted = status.desiredNumberScheduled ?? spec.replicas ?? 1;
  const updated = isDaemonSet ? status.updatedNumberScheduled : status.updatedReplicas;
  const ready = isDaemonSet ? status.numberReady : status.readyReplicas;
  // A DaemonSet that was only just made has not been told yet of any node.
  if (isDaemonSet && wanted === 0) return 'no node for it yet';
  if (updated < wanted) return `${updated} of ${wanted} pods up to date`;
  return ready < wanted ? `${ready} of ${wanted} pods ready` : null;
}
