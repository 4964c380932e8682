import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import { z } from 'zod';
import type { HandoffDocument } from '../../operator/handoff.ts';
import type { Seen } from '../../operator/operator.ts';

type Addons = NonNullable<HandoffDocument['addons']>;
type Workload = Addons[number]['workloads'][number];

export interface Cluster {
  /** Throws where the API server does not say. */
  watch(addons: Addons): Promise<Seen>;
  /** The API server calls itself ready. */
  isUp(): Promise<boolean>;
  close(): Promise<void>;
}

/** Where the kubelet puts what a pod needs to speak with the API server. */
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

const Version = z.object({ gitVersion: z.string() });
const Nodes = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) }),
    }),
  ),
});
const Observed = z.object({
  metadata: z.object({ generation: z.number() }),
  spec: z.object({ replicas: z.number().optional() }),
  status: z.object({
    observedGeneration: z.number().default(0),
    readyReplicas: z.number().default(0),
    desiredNumberScheduled: z.number().optional(),
    numberReady: z.number().default(0),
  }),
});

/** The API server as the environment of a pod names it; `account` is the directory of the ServiceAccount. */
export function openCluster(environment: NodeJS.ProcessEnv, account = ACCOUNT): Cluster {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = environment;
  const base = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const ca = readFileSync(`${account}/ca.crt`, 'utf8');
  const agent = new Agent({
    connect: { ca, rejectUnauthorized: true, timeout: 5_000 },
    headersTimeout: 10_000,
    bodyTimeout: 10_000,
  });
  const ask = async (path: string) => {
    // The token is replaced from time to time.
    const authorization = `Bearer ${(await readFile(`${account}/token`, 'utf8')).trim()}`;
    const { statusCode, body } = await request(base + path, { dispatcher: agent, headers: { authorization } });
    return { statusCode, text: await body.text() };
  };
  const read = async (path: string): Promise<unknown> => {
    const { statusCode, text } = await ask(path);
    if (statusCode !== 200) throw new Error(`${path}: ${statusCode}`);
    return JSON.parse(text);
  };
  return {
    async watch(addons) {
      const { gitVersion } = Version.parse(await read('/version'));
      const { items } = Nodes.parse(await read('/api/v1/nodes'));
      const ready = items.filter(({ status }) =>
        status.conditions.some(condition => condition.type === 'Ready' && condition.status === 'True'),
      );
      const isReady = async (workload: Workload) => {
        const { statusCode, text } = await ask(pathOf(workload));
        return statusCode === 200 && hasAll(Observed.parse(JSON.parse(text)));
      };
      const told = addons.map(async ({ name, workloads }) => {
        const all = await Promise.all(workloads.map(isReady));
        return { name, ready: all.every(Boolean) };
      });
      return {
        cluster: {
          version: gitVersion.replace(/^v/, ''),
          nodesReady: ready.length,
          nodesTotal: items.length,
          nodes: items.map(({ metadata }) => metadata.name),
        },
        addons: await Promise.all(told),
      };
    },
    isUp: async () => (await ask('/readyz').catch(() => null))?.statusCode === 200,
    close: () => agent.destroy(),
  };
}

function pathOf({ kind, namespace, name }: Workload): string {
  return `/apis/apps/v1/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`;
}

function hasAll({ metadata, spec, status }: z.infer<typeof Observed>): boolean {
  if (status.observedGeneration < metadata.generation) return false;
  if (status.desiredNumberScheduled !== undefined) return status.numberReady >= status.desiredNumberScheduled;
  return status.readyReplicas >= (spec.replicas ?? 1);
}
