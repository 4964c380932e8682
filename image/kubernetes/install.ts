import { join } from 'node:path';
import { layFile, layFiles } from '../rootfs/lay-files.ts';
import { runTool } from '../tool.ts';
import { workloadManifests } from './addons/workloads.ts';
import { type ArchivedImage, makeImages } from './make-images.ts';
import type { KubernetesParts } from './parts.ts';
import { preloadImages } from './preload.ts';

/** What an image with Kubernetes holds of it, for its declaration. */
export interface InstalledKubernetes {
  /** "1.20.2" */
  readonly version: string;
  readonly images: readonly ArchivedImage[];
}

export const KUBERNETES_FILES = join(import.meta.dirname, 'files');
export const KUBERNETES_PROGRAMS = ['kubeadm', 'kubectl', 'kubelet'] as const;

/** Version 1 of control groups: Kubernetes before 1.25 is at home there. */
export const KERNEL_ARGUMENTS: readonly string[] = ['systemd.unified_cgroup_hierarchy=0'];

/** Puts a cluster's parts into the root file system: programs, settings, manifests, images in containerd's store. */
export async function installKubernetes(
  root: string,
  { programs, images, packages }: KubernetesParts,
  { cacheDir, log }: { readonly cacheDir: string; log(line: string): void },
): Promise<InstalledKubernetes> {
  for (const name of KUBERNETES_PROGRAMS) {
    layFile(join(programs.directory, name), root, `/usr/bin/${name}`, 0o755);
  }
  const units = layFiles(KUBERNETES_FILES, root).filter(({ enabled }) => enabled === true);
  runTool('chroot', [root, 'systemctl', 'enable', ...units.map(({ source }) => source)]);
  for (const { source, path } of workloadManifests) layFile(source, root, path, 0o644);
  const archived = await makeImages(images, { root, packages, cacheDir, log });
  log('store of containerd');
  preloadImages(root, archived);
  return { version: programs.version, images: archived };
}
