import type { Host } from '../../../bootstrap/host/host.ts';

const kubeconfig = '/etc/kubernetes/admin.conf';

/**
 * Whether the API server of this machine answers within 2 s. At the usual priority: on a node that is swamped kubectl alone
 * takes seconds to start, which is not the server's.
 */
export async function probeApi({ root, files, run }: Host, signal: AbortSignal): Promise<boolean> {
  if (root !== '/' || (await files.stat(kubeconfig)) === null) return false;
  // What it has to say even when it is not well: its health is one of the things that are then asked for.
  const ask = ['kubectl', `--kubeconfig=${kubeconfig}`, '--request-timeout=2s', 'get', '--raw=/version'] as const;
  return (await run(ask, { timeoutMs: 10_000, signal })).status === 0;
}
