import { AgentError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { type ClusterNodeObject, readNode } from './kubectl.ts';

export interface WaitForNode {
  readonly kubeconfig: string;
  readonly nodeName: string;
  readonly limitSeconds: number;
  readonly signal: AbortSignal;
  /** null: this is what is waited for; else what is still missing. */
  missing(node: ClusterNodeObject): string | null;
  /** Told whenever what is missing changes. */
  note(text: string): void;
}

const lookAgainMs = 1000;

/** Asks the cluster for this node until nothing is missing. Throws E_CLUSTER_NOT_READY with what was missing last. */
export async function waitForNode(host: Host, waiting: WaitForNode): Promise<ClusterNodeObject> {
  const { nodeName, limitSeconds, signal } = waiting;
  const endMs = host.clock.monotonicMs() + limitSeconds * 1000;
  let told: string | null = null;
  for (;;) {
    const node = await readNode(host, waiting, signal);
    const missing = typeof node === 'string' ? node : waiting.missing(node);
    if (typeof node !== 'string' && missing === null) return node;
    if (missing !== null && missing !== told) waiting.note(missing);
    told = missing;
    if (host.clock.monotonicMs() >= endMs) {
      throw new AgentError('E_CLUSTER_NOT_READY', `the node ${nodeName} is not ready after ${limitSeconds} s`, {
        seen: missing ?? 'nothing',
        wanted: 'the cluster calls this node Ready',
      });
    }
    await host.clock.sleep(lookAgainMs, signal);
  }
}
