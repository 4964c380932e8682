import { AgentError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { parseVersion, type Version } from './api-version.ts';
import { findProgram } from './places.ts';

export interface Kubeadm {
  /** As it is run. */
  readonly program: string;
  readonly version: Version;
  /** "1.20.2" */
  readonly versionText: string;
}

/** Throws E_CLUSTER_UNSUPPORTED where this machine has no kubeadm, or one that does not say what it is. */
export async function findKubeadm(host: Host, signal: AbortSignal): Promise<Kubeadm> {
  const program = await findProgram(host, 'kubeadm');
  if (program === null) {
    throw new AgentError('E_CLUSTER_UNSUPPORTED', 'this image has no kubeadm to make a cluster with', {
      seen: 'no /usr/bin/kubeadm',
      wanted: 'an image with kubeadm, kubelet and containerd',
    });
  }
  const result = await host.run([program, 'version', '-o', 'short'], { timeoutMs: 60_000, signal });
  signal.throwIfAborted();
  const version = parseVersion(result.stdout);
  if (result.status !== 0 || version === null) {
    throw new AgentError('E_CLUSTER_UNSUPPORTED', `${program} does not say which version it is`, {
      seen: (result.stderr.trim() || result.stdout.trim() || 'nothing').slice(0, 500),
      wanted: 'a version, as in v1.20.2',
    });
  }
  return { program, version, versionText: `${version.major}.${version.minor}.${version.patch}` };
}

/** The images that this kubeadm would start a control plane with, without that of its own name server. */
export async function imagesOf(
  { program }: Kubeadm,
  host: Host,
  kubernetesVersion: string,
  imageRepository: string | null,
  signal: AbortSignal,
): Promise<string[]> {
  const repository = imageRepository === null ? [] : ['--image-repository', imageRepository];
  const argv = [program, 'config', 'images', 'list', '--kubernetes-version', `v${kubernetesVersion}`] as const;
  const result = await host.run([...argv, ...repository], { timeoutMs: 60_000, signal });
  signal.throwIfAborted();
  return result.stdout.split('\n').filter(line => /^\S+\/\S+:\S+$/.test(line));
}
