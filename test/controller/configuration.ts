import { z } from 'zod';
import { ConfigDocument } from '../../agent/controller/protocol.ts';
import type { Parts } from './parts.ts';
import type { Cluster, NodeRecord } from './records.ts';

/** A configuration as an admin writes it. What is filled in at each fetch may not be in it. */
export const ConfigInput = ConfigDocument.omit({
  aud: true,
  clusterId: true,
  generation: true,
  nonce: true,
  issuedAt: true,
})
  .extend({ requires: z.array(z.string()).default([]) })
  .loose()
  .refine(document => FILLED_IN.every(key => !(key in document)), {
    error: 'aud, clusterId, generation, nonce and issuedAt are filled in by the Controller',
  });
export type ConfigInput = z.input<typeof ConfigInput>;

const FILLED_IN = ['aud', 'clusterId', 'generation', 'nonce', 'issuedAt'];

type StoredConfig = NonNullable<Cluster['config']>;

/** That of the node, else that of its edge name, else that of its cluster, else none. */
export function effectiveConfig(parts: Parts, { config, clusterId, edgeName }: NodeRecord): StoredConfig | null {
  const cluster = parts.records.clusters.get(clusterId);
  return config ?? cluster?.edgeConfigs[edgeName] ?? cluster?.config ?? null;
}

/** Every change takes the next number of the cluster, so that no node ever sees its generation fall. */
export function nextConfig(parts: Parts, cluster: Cluster, document: unknown): StoredConfig {
  const generation = cluster.lastGeneration + 1;
  parts.records.clusters.put(cluster.clusterId, { ...cluster, lastGeneration: generation });
  return { generation, document: z.record(z.string(), z.json()).parse(document) };
}
