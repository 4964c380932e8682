import type { Host } from '../host/host.ts';

/** Where kubeadm and its cluster keep their things. */
export const adminKubeconfig = '/etc/kubernetes/admin.conf';
export const kubeletKubeconfig = '/etc/kubernetes/kubelet.conf';
export const clusterCa = '/etc/kubernetes/pki/ca.crt';
export const cniDirectory = '/etc/cni/net.d';
/** What conjurer writes there, made of the image's template. */
export const ownConflist = `${cniDirectory}/10-conjurer.conflist`;
export const conflistTemplate = '/usr/share/conjurer/cni/10-conjurer.conflist';
export const kubeletUnit = 'kubelet.service';

/** What nodes of other distributions than kubeadm keep. */
export const otherDistributions: readonly string[] = [
  '/etc/rancher/k3s',
  '/etc/rancher/rke2',
  '/var/lib/k0s',
  '/var/lib/rancher/k3s',
  '/var/lib/rancher/rke2',
  '/var/snap/microk8s',
];

const directories = ['/usr/bin', '/usr/local/bin', '/opt/bin'];

/** The program of that name in the tree of this machine, as it is run; null: there is none. */
export async function findProgram({ root, files }: Pick<Host, 'root' | 'files'>, name: string): Promise<string | null> {
  for (const directory of directories) {
    const path = `${directory}/${name}`;
    if ((await files.stat(path)) !== null) return inTree({ root }, path);
  }
  return null;
}

/** A path of this machine, as a program that is run must be told it. */
export function inTree({ root }: Pick<Host, 'root'>, path: string): string {
  return root === '/' ? path : `${root}${path}`;
}
