import { join } from 'node:path';
import { sourcesFor } from '../base.ts';
import type { ImageRequest } from '../build-image.ts';
import { releaseOf } from '../release.ts';
import { layFile, layFiles } from '../rootfs/lay-files.ts';
import { runTool } from '../tool.ts';
import { workloadImages, workloadManifests } from './addons/workloads.ts';
import { coreImages } from './core-images.ts';
import { type ArchivedImage, makeImages } from './make-images.ts';
import { type Archive, preparePackages } from './packages.ts';
import { preloadImages } from './preload.ts';
import { preparePrograms } from './programs.ts';

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

/** Puts a cluster's parts into the root file system: programs, settings, images in containerd's store, manifests. */
export async function installKubernetes(root: string, request: ImageRequest): Promise<InstalledKubernetes> {
  const { suite, kernel, mirror, cacheDir, fresh, log } = request;
  const archive: Archive = { sources: sourcesFor(releaseOf(suite, kernel), mirror), cacheDir, fresh };
  const programs = preparePrograms(archive, log);
  for (const name of KUBERNETES_PROGRAMS) {
    layFile(join(programs.directory, name), root, `/usr/bin/${name}`, 0o755);
  }
  const units = layFiles(KUBERNETES_FILES, root).filter(({ enabled }) => enabled === true);
  runTool('chroot', [root, 'systemctl', 'enable', ...units.map(({ source }) => source)]);
  for (const { source, path } of workloadManifests) layFile(source, root, path, 0o644);
  const images = [...coreImages(programs), ...workloadImages];
  const packages = preparePackages(
    suite,
    images.flatMap(image => image.packages),
    archive,
  );
  const archived = await makeImages(images, { root, packages, cacheDir, log });
  log('store of containerd');
  preloadImages(root, archived);
  return { version: programs.version, images: archived };
}
