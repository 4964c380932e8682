import { criNamespace, ctrOf } from '../components/runtime/ctr.ts';
import { AgentError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { whyFailed } from './why-failed.ts';

const containerdUnit = 'containerd.service';

/**
 * No container is left in the namespace of CRI; the images stay. kubelet must have been stopped. containerd is started
 * again, since what it remembers of pods is only read then. Throws E_CLUSTER_FAILED with what is left.
 */
export async function endContainers(host: Host, socket: string, signal: AbortSignal): Promise<void> {
  const ctr = ctrOf(host, socket);
  const list = async (what: 'tasks' | 'containers') => {
    const result = await ctr.run(criNamespace, [what, 'ls', '-q'], { timeoutMs: 60_000, signal });
    signal.throwIfAborted();
    if (result.status !== 0) throw failed(`containerd does not say which ${what} it has`, whyFailed(result));
    return result.stdout.split('\n').filter(line => line !== '');
  };
  if ((await list('containers')).length === 0) return;
  for (const id of await list('tasks')) {
    // One that has ended meanwhile is as good as one that was ended.
    await ctr.run(criNamespace, ['tasks', 'kill', '--all', '--signal', 'SIGKILL', id], { timeoutMs: 60_000, signal });
    await ctr.run(criNamespace, ['tasks', 'delete', '--force', id], { timeoutMs: 60_000, signal });
  }
  const containers = await list('containers');
  if (containers.length > 0) {
    await ctr.run(criNamespace, ['containers', 'delete', ...containers], { timeoutMs: 120_000, signal });
  }
  const left = await list('containers');
  if (left.length > 0) throw failed('containers of the cluster could not be ended', left.slice(0, 5).join(', '));
  if (host.root === '/')
    await host.run(['systemctl', 'try-restart', '--', containerdUnit], { timeoutMs: 120_000, signal });
  signal.throwIfAborted();
}

function failed(message: string, seen: string): AgentError {
  return new AgentError('E_CLUSTER_FAILED', message, { seen, wanted: 'no container of the cluster' });
}
