import { mkdirSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createManifest } from '../../../../bootstrap/components/create.ts';
import type { Manifest } from '../../../../bootstrap/components/manifest.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { workloadImages, workloadManifests } from '../../../../image/kubernetes/addons/workloads.ts';
import type { ContainerImage } from '../../../../image/kubernetes/container-image.ts';
import { coreImages } from '../../../../image/kubernetes/core-images.ts';
import { declareKubernetes } from '../../../../image/kubernetes/declare.ts';
import { KUBERNETES_FILES, KUBERNETES_PROGRAMS } from '../../../../image/kubernetes/install.ts';
import { makeImages } from '../../../../image/kubernetes/make-images.ts';
import { layFile, layFiles } from '../../../../image/rootfs/lay-files.ts';
import { writeText } from '../../../../image/rootfs/write-text.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

/** What a Kubernetes image lays into a root, with stand-ins for what is compiled and for what is Debian's. */
export async function kubernetesTree(): Promise<{ root: string; manifest(): Promise<Manifest> }> {
  const root = await temporaryTree();
  const cacheDir = await temporaryTree();
  writeText(root, '/etc/os-release', 'ID=debian\nVERSION_ID="12"\n');
  for (const name of KUBERNETES_PROGRAMS) writeText(root, `/usr/bin/${name}`, `#!/bin/sh\n# ${name}\n`, 0o755);
  const laid = layFiles(KUBERNETES_FILES, root);
  for (const { source, path } of workloadManifests) layFile(source, root, path, 0o644);
  const wanted = join(root, 'etc/systemd/system/multi-user.target.wants');
  mkdirSync(wanted, { recursive: true });
  for (const { path, enabled } of laid) if (enabled === true) symlinkSync(path, join(wanted, basename(path)));
  const programs = { directory: '/nowhere', version: '1.20.2' };
  const small = [...coreImages(programs), ...workloadImages].map((image): ContainerImage => {
    const content = `stand-in for ${image.ref}\n`;
    return { ...image, packages: [], files: async () => [{ path: '/program', mode: 0o755, content }] };
  });
  const packages = { directory: '/nowhere', unpack: () => undefined };
  const images = await makeImages(small, { root, packages, cacheDir, log: () => undefined });
  const { components, ...declared } = declareKubernetes({ version: programs.version, images });
  const ofFiles = components.filter(({ kind }) => kind !== 'package');
  const spec = { schema: 'conjurer.components/v1', image: 'clusterimage-r-v1.3.0', arch: 'amd64' };
  return {
    root,
    manifest: () =>
      createManifest({
        host: localHost({ root }),
        spec: { ...spec, ...declared, components: ofFiles },
        specPath: 'components.yaml',
        buildId: 'test',
        builtAt: '2026-01-31T08:00:00Z',
        signal: new AbortController().signal,
      }),
  };
}
