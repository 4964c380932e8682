import type { Host } from '../../../bootstrap/host/host.ts';

const kubeconfig = '/etc/kubernetes/admin.conf';

/**
 * Whether the API server of this machine answers within 2 s; asked at the first call, and the same for all that follow. At
 * the usual priority: on a node that is swamped kubectl alone takes seconds to start, which is not the server's.
 */
export function probeApi(host: Host, signal: AbortSignal): () => Promise<boolean> {
  let asked: Promise<boolean> | null = null;
  return () => {
    asked ??= ask(host, signal);
    return asked;
  };
}

async function ask({ root, files, run }: Host, signal: AbortSignal): Promise<boolean> {
  if (root !== '/' || (await files.stat(kubeconfig)) === null) return false;
  const argv = ['kubectl', `--kubeconfig=${kubeconfig}`, '--request-timeout=2s', 'get', '--raw=/version'] as const;
  const { status } = await run([...argv], { timeoutMs: 10_000, signal });
  // What it has to say even when it is not well: its health is one of the things that are then asked for.
  return status === 0;
}
