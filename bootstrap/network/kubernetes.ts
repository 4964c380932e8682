import type { Host } from '../host/host.ts';

/** Files that a node writes when it joins or starts its cluster: kubeadm, k3s, RKE2. */
const traces = [
  '/etc/kubernetes/kubelet.conf',
  '/etc/kubernetes/admin.conf',
  '/var/lib/rancher/k3s/agent/kubelet.kubeconfig',
  '/var/lib/rancher/rke2/agent/kubelet.kubeconfig',
];

/** What shows that Kubernetes has started on this machine; null: it has not. */
export async function findKubernetes({ files }: Host): Promise<string | null> {
  for (const path of traces) if ((await files.stat(path)) !== null) return path;
  return null;
}
