import * as z from 'zod';
import type { Host, RunOptions, RunResult } from '../host/host.ts';
import { findProgram, inTree } from './places.ts';
import { whyFailed } from './why-failed.ts';

/** What kubectl keeps between its calls, which is of no worth to anybody. */
const cacheDirectory = '/run/conjurer/kubectl-cache';

/** The cluster, asked through the image's kubectl. `kubeconfig`: a path as the machine itself sees it. */
export async function runKubectl(
  host: Host,
  kubeconfig: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const program = (await findProgram(host, 'kubectl')) ?? 'kubectl';
  const always = ['--kubeconfig', inTree(host, kubeconfig), '--cache-dir', inTree(host, cacheDirectory)];
  return host.run([program, ...always, ...args], options);
}

const Node = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ podCIDR: z.string().optional() }),
  status: z.object({
    conditions: z
      .array(
        z.object({
          type: z.string(),
          status: z.string(),
          message: z.string().default(''),
          lastHeartbeatTime: z.string().nullish(),
        }),
      )
      .default([]),
    nodeInfo: z.object({ kubeletVersion: z.string() }),
  }),
});
export type ClusterNodeObject = z.infer<typeof Node>;

/** This node as the cluster has it; a text says why it cannot be told. */
export async function readNode(
  host: Host,
  { kubeconfig, nodeName }: { readonly kubeconfig: string; readonly nodeName: string },
  signal?: AbortSignal,
): Promise<ClusterNodeObject | string> {
  const options = { timeoutMs: 30_000, ...(signal === undefined ? {} : { signal }) };
  const args = ['--request-timeout=10s', 'get', 'node', nodeName, '-o', 'json'];
  const result = await runKubectl(host, kubeconfig, args, options);
  signal?.throwIfAborted();
  if (result.status !== 0) return whyFailed(result);
  try {
    return Node.parse(JSON.parse(result.stdout));
  } catch {
    return 'kubectl gave something that is no node';
  }
}

/** null: it is ready. What kubelet said before `since`, when this machine started, counts for nothing. */
export function whyNotReady({ status }: ClusterNodeObject, since: Date): string | null {
  const ready = status.conditions.find(({ type }) => type === 'Ready');
  const saidAt = Date.parse(ready?.lastHeartbeatTime ?? '');
  if (ready === undefined || saidAt < since.getTime()) return 'the kubelet has not reported since this machine started';
  return ready.status === 'True' ? null : ready.message || `Ready is ${ready.status}`;
}
