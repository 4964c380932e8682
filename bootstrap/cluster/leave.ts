import { AgentError } from '../errors.ts';
import { existing } from '../host/existing.ts';
import type { Host } from '../host/host.ts';
import { endContainers } from './end-containers.ts';
import { traces } from './find.ts';
import { alone } from './one-kubeadm.ts';
import { removePacketRules } from './packet-rules.ts';
import { findProgram, inTree, kubeletUnit, ownConflist } from './places.ts';
import { whyFailed } from './why-failed.ts';

/**
 * Takes this machine out of its cluster as if it had never been in one: no container runs, and nothing of kubeadm, etcd,
 * kubelet and the network of the pods is left. Safe to call again after a crash at any point inside it. No kubeadm may
 * be at work. Throws E_CLUSTER_FAILED with what is left.
 */
export async function leaveCluster(host: Host, socket: string, signal: AbortSignal): Promise<void> {
  if ((await host.units.state(kubeletUnit)).active) await host.units.setActive(kubeletUnit, false);
  await endContainers(host, socket, signal);
  await resetByKubeadm(host, socket, signal);
  if (host.root === '/') await removeNetwork(host, signal);
  await host.files.remove(ownConflist);
  for (const directory of directories) await empty(host, directory, signal);
  await requireNothingLeft(host);
}

/** What kubeadm leaves behind, or does not come to where something fails before. */
const directories = [
  '/etc/kubernetes/manifests',
  '/etc/kubernetes/pki',
  '/etc/kubernetes/tmp',
  '/var/lib/etcd',
  '/var/lib/kubelet',
  '/var/lib/cni/networks',
  '/var/lib/cni/results',
  '/var/lib/cni/cache',
];

/** It unmounts what kubelet has mounted, and knows its own files. What it says of what is not there is no failure. */
async function resetByKubeadm(host: Host, socket: string, signal: AbortSignal): Promise<void> {
  const kubeadm = await findProgram(host, 'kubeadm');
  if (kubeadm === null) return;
  const reset = [kubeadm, 'reset', '--force', '--cri-socket', socket, '--skip-phases', 'remove-etcd-member'];
  // The API server is gone by now: it would only be waited for.
  const result = await host.run(alone(host, [...reset, '--kubeconfig', '/dev/null']), { timeoutMs: 600_000, signal });
  signal.throwIfAborted();
  if (result.status !== 0) throw failed('kubeadm reset failed', whyFailed(result));
}

/** The pods' ends of their links go with their network namespaces. */
async function removeNetwork(host: Host, signal: AbortSignal): Promise<void> {
  for (const name of (await host.files.list('/run/netns')) ?? []) {
    if (name.startsWith('cni-')) await host.run(['ip', 'netns', 'delete', name], { signal });
  }
  for (const link of ['cni0', 'kube-ipvs0']) {
    if ((await host.files.stat(`/sys/class/net/${link}`)) === null) continue;
    await host.run(['ip', 'link', 'delete', link], { signal });
  }
  signal.throwIfAborted();
  await removePacketRules(host, signal);
}

async function empty(host: Host, directory: string, signal: AbortSignal): Promise<void> {
  const names = (await host.files.list(directory)) ?? [];
  if (names.length === 0) return;
  const inside = names.map(name => inTree(host, `${directory}/${name}`));
  const result = await host.run(['rm', '-rf', '--one-file-system', '--', ...inside], { timeoutMs: 120_000, signal });
  signal.throwIfAborted();
  if (result.status !== 0) throw failed(`${directory} could not be emptied`, whyFailed(result));
}

async function requireNothingLeft({ files }: Host): Promise<void> {
  const left = await existing(files, traces);
  if (left.length > 0) throw failed('something of the cluster is left after kubeadm reset', left.join(', '));
}

function failed(message: string, seen: string): AgentError {
  return new AgentError('E_CLUSTER_FAILED', message, { seen, wanted: 'nothing of the cluster' });
}
