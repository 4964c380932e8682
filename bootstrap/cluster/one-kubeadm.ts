import { AgentError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { inTree } from './places.ts';
import { whyFailed } from './why-failed.ts';

/** Held by a kubeadm while it works: one whose conjurer was killed goes on by itself, and must not be met by another. */
const lock = '/run/conjurer/kubeadm.lock';
const waitSeconds = '1200';

/** The program, so that it starts when no kubeadm is at work any more. */
export function alone(host: Host, argv: readonly string[]): [string, ...string[]] {
  return ['flock', '-w', waitSeconds, inTree(host, lock), ...argv];
}

/** Waits until no kubeadm is at work any more. Throws E_CLUSTER_FAILED where one never ends. */
export async function afterOthers(host: Host, signal: AbortSignal): Promise<void> {
  const timeoutMs = (Number(waitSeconds) + 10) * 1000;
  const result = await host.run(alone(host, ['true']), { timeoutMs, signal });
  signal.throwIfAborted();
  if (result.status === 0) return;
  throw new AgentError('E_CLUSTER_FAILED', 'another kubeadm is at work and does not end', {
    seen: whyFailed(result),
    next: 'ps -C kubeadm names it; end it, then: conjurer run',
  });
}
