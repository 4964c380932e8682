import { createHash } from 'node:crypto';
import type { CheckContext, Depth } from '../../../../bootstrap/components/finding.ts';
import type { Component, ContainerdImageComponent, Manifest } from '../../../../bootstrap/components/manifest.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';

export const manifestWith = (components: readonly Component[]): Manifest => ({
  schema: 'conjurer.manifest/v1',
  image: 'clusterimage-r-v1.3.0',
  version: '1.3.0',
  buildId: 'test',
  builtAt: '2026-11-01T00:00:00Z',
  minControllerVersion: '1.2.0',
  os: { id: 'debian', versionId: '12', arch: process.arch === 'arm64' ? 'arm64' : 'amd64' },
  kubernetes: {
    version: '1.30.4',
    distribution: 'kubeadm',
    cgroupDriver: 'systemd',
    sandboxImage: 'registry.example/pause:3.9',
    criSocket: '/run/containerd/containerd.sock',
  },
  requirements: {},
  components: [...components],
  closed: [],
});

/** An image that the manifest says is preloaded. */
export const preloaded = (name: string, ref: string): ContainerdImageComponent => ({
  name,
  group: 'kubernetes',
  kind: 'containerd-image',
  ref,
  digest: `sha256:${'0'.repeat(64)}`,
  pinned: true,
  archive: null,
});

/** What a checker is given for the tree at `root`, with a plain hash of the whole file. */
export function checkContext(
  root: string,
  options: { readonly depth?: Depth; readonly components?: readonly Component[] } = {},
): CheckContext {
  const host = localHost({ root });
  return {
    host,
    depth: options.depth ?? 'full',
    manifest: manifestWith(options.components ?? []),
    async hash(path) {
      const info = await host.files.stat(path);
      const bytes = await host.files.read(path);
      return info === null || bytes === null
        ? null
        : { sha256: createHash('sha256').update(bytes).digest('hex'), info };
    },
    known: () => null,
    progress: { expect: () => undefined, read: () => undefined },
    signal: new AbortController().signal,
  };
}
