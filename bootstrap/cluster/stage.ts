import type { Change } from '../change.ts';
import { AgentError } from '../errors.ts';
import type { Facts } from '../facts/facts.ts';
import type { Host } from '../host/host.ts';
import { standInSystemctl } from '../host/local-host.ts';
import type { Stage } from '../stage.ts';
import { findCluster } from './find.ts';
import { kernelValue, kernelValues, planKernel } from './kernel.ts';
import { type ClusterNodeObject, whyNotReady } from './kubectl.ts';
import { adminKubeconfig, kubeletKubeconfig, kubeletUnit } from './places.ts';
import { planNode } from './plan-node.ts';
import { planPodNetwork } from './plan-pod-network.ts';
import type { ClusterSettings } from './settings.ts';
import { requireMakeable, requireSame } from './standing.ts';
import { waitForNode } from './wait-for-node.ts';

export interface ClusterParts {
  /** Of the configuration in force; null: it names no cluster. */
  settings(): Promise<ClusterSettings | null>;
  /** PEM; of the image's manifest. */
  readonly builtInKeys: readonly string[];
  readonly uid: number;
  /** How long the node may take to become ready once everything is in place. */
  readonly readySeconds: number;
  /** Says to the person what is worth knowing and no failure. */
  note(text: string): void;
}

/**
 * This machine is a node of the cluster that the configuration in force names: kernel, kubelet and containerd agree, kubeadm
 * has made or joined it, the pods have their network, and the cluster calls the node ready. A cluster of ours that stands
 * is left alone, one that was interrupted is made anew, somebody else's is refused. Without a section `cluster` nothing
 * is done.
 */
export function clusterStage(parts: ClusterParts): Stage<'cluster', 'facts' | 'components' | 'configure'> {
  return {
    name: 'cluster',
    needs: ['facts', 'components', 'configure'],
    onFailure: 'keep',

    async plan({ host, outputs, signal }) {
      const settings = await parts.settings();
      if (settings === null) return [];
      requireKubeadm(settings);
      await requireRunning(host);
      const identity = identityOf(settings, outputs.facts);
      const found = await findCluster(host.files);
      if (found.state === 'made') requireSame(found.note, { ...identity, ...settings, endpoint: null });
      else requireMakeable(found);
      const node =
        found.state === 'made'
          ? []
          : [await planNode(host, { parts, settings, facts: outputs.facts, ...identity }, signal)];
      return [
        ...planKernel(),
        { kind: 'unit', id: 'kubelet-at-boot', unit: kubeletUnit, enabled: true },
        ...node,
        { kind: 'unit', id: 'kubelet', unit: kubeletUnit, active: true },
        ...(await planPodNetwork(host, { kubeconfig: kubeconfigOf(settings), ...identity })),
      ] satisfies Change[];
    },

    async verify({ host, outputs, signal }) {
      const settings = await parts.settings();
      if (settings === null) return { distribution: null };
      await requireKernel(host);
      const { role } = settings;
      const { nodeName } = identityOf(settings, outputs.facts);
      const kubeconfig = kubeconfigOf(settings);
      const { readySeconds: limitSeconds, note } = parts;
      const since = await startOfMachine(host);
      const missing = (seen: ClusterNodeObject) => whyNotReady(seen, since);
      const node = await waitForNode(host, { kubeconfig, nodeName, limitSeconds, signal, missing, note });
      const version = node.status.nodeInfo.kubeletVersion.replace(/^v/, '');
      return { distribution: 'kubeadm', role, version, nodeName, kubeconfig };
    },
  };
}

function requireKubeadm({ distribution }: ClusterSettings): void {
  if (distribution === 'kubeadm') return;
  throw new AgentError('E_CLUSTER_UNSUPPORTED', `the configuration names the distribution ${distribution}`, {
    seen: distribution,
    wanted: 'kubeadm',
    next: 'set cluster.distribution on the Controller to kubeadm, then: conjurer run',
  });
}

async function requireRunning(host: Host): Promise<void> {
  if (host.root === '/' || (await host.files.stat(standInSystemctl)) !== null) return;
  throw new AgentError('E_CLUSTER_UNSUPPORTED', 'a tree that is not booted cannot become a node', {
    seen: host.root,
    wanted: 'the running system',
    next: 'boot this system, and there: conjurer run',
  });
}

/** Kubernetes names nodes in lower case, as kubelet itself does. */
function identityOf({ podSubnet, serviceSubnet, role }: ClusterSettings, { hostname }: Facts) {
  if (hostname === null) throw new AgentError('E_FACTS_MISSING', 'this machine has no name', { seen: 'no hostname' });
  return { role, podSubnet, serviceSubnet, nodeName: hostname.toLowerCase() };
}

function kubeconfigOf({ role }: ClusterSettings): string {
  return role === 'control-plane' ? adminKubeconfig : kubeletKubeconfig;
}

/** The beginning of time where the kernel does not say. */
async function startOfMachine({ files, clock }: Host): Promise<Date> {
  const upSeconds = Number.parseFloat((await files.readText('/proc/uptime')) ?? '');
  return new Date(Number.isNaN(upSeconds) ? 0 : clock.now().getTime() - upSeconds * 1000);
}

/** Other settings of the kernel may have been written over ours. */
async function requireKernel(host: Host): Promise<void> {
  if (host.root !== '/') return;
  for (const { key, value } of kernelValues) {
    const seen = (await kernelValue(key, host)) ?? 'no such value';
    if (seen === value) continue;
    throw new AgentError('E_KERNEL', `the kernel does not keep ${key} = ${value}`, { seen, wanted: value });
  }
}
