import { captureCommand } from '../../../bootstrap/host/capture.ts';
import type { Host } from '../../../bootstrap/host/host.ts';

const kubeconfig = '/etc/kubernetes/admin.conf';

/** Whether the API server of this machine answers within 2 s; asked at the first call, and the same for all that follow. */
export function probeApi(host: Host, signal: AbortSignal): () => Promise<boolean> {
  let asked: Promise<boolean> | null = null;
  return () => {
    asked ??= ask(host, signal);
    return asked;
  };
}

async function ask({ root, files }: Host, signal: AbortSignal): Promise<boolean> {
  if (root !== '/' || (await files.stat(kubeconfig)) === null) return false;
  const { status } = await captureCommand(
    ['kubectl', `--kubeconfig=${kubeconfig}`, '--request-timeout=2s', 'get', '--raw=/livez'],
    { timeoutMs: 3_000, keep: { head: 4096, tail: 0 }, signal },
  );
  // A server that says that it is not well answers too.
  return status === 0;
}
