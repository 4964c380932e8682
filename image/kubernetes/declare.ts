import { type LaidFile, readInstallList } from '../rootfs/lay-files.ts';
import { workloadManifests } from './addons/workloads.ts';
import { SANDBOX_IMAGE } from './core-images.ts';
import { type InstalledKubernetes, KUBERNETES_FILES, KUBERNETES_PROGRAMS } from './install.ts';

type Entry = Readonly<Record<string, unknown>>;

/** What components.yaml says of Kubernetes. */
export interface KubernetesDeclaration {
  readonly kubernetes: Entry;
  readonly components: readonly Entry[];
  /** Not /etc/kubernetes/manifests and /etc/cni/net.d: the cluster's own files come there. */
  readonly closed: readonly { readonly path: string }[];
}

/** How each program says its version. */
const VERSION_COMMANDS: Readonly<Record<(typeof KUBERNETES_PROGRAMS)[number], readonly string[]>> = {
  kubeadm: ['version', '-o', 'short'],
  kubectl: ['version', '--client', '--short'],
  kubelet: ['--version'],
};

export function declareKubernetes({ version, images }: InstalledKubernetes): KubernetesDeclaration {
  const group = 'kubernetes';
  // The unit of kubelet declares its drop-ins itself.
  const laid = readInstallList(KUBERNETES_FILES).filter(({ path }) => !path.startsWith('/etc/systemd/'));
  return {
    kubernetes: {
      version,
      distribution: 'kubeadm',
      cgroupDriver: 'systemd',
      sandboxImage: SANDBOX_IMAGE,
      criSocket: '/run/containerd/containerd.sock',
    },
    components: [
      ...KUBERNETES_PROGRAMS.map(name => {
        const path = `/usr/bin/${name}`;
        return { name, group, kind: 'binary', path, version, versionCommand: [path, ...VERSION_COMMANDS[name]] };
      }),
      ...laid.map(file => entryOf(file, version)),
      { name: 'package-cni', group, kind: 'package', package: 'containernetworking-plugins' },
      ...images.map(image => {
        const platform = 'linux/amd64';
        const { ref, digest, path } = image;
        const name = `archive-${image.name}`;
        return { name, group: image.group, kind: 'oci-archive', path, images: [{ ref, digest, platform }] };
      }),
      ...images.map(({ name, group: of, ref }) => {
        return { name: `image-${name}`, group: of, kind: 'containerd-image', ref, archive: `archive-${name}` };
      }),
      ...manifests(),
    ],
    closed: [{ path: '/etc/systemd/system/kubelet.service.d' }, { path: '/etc/containerd' }],
  };
}

function entryOf({ source, mode, path, enabled }: LaidFile, version: string): Entry {
  const group = 'kubernetes';
  if (enabled !== null) return { name: source, group, kind: 'systemd-unit', unit: source, path, enabled };
  if (mode & 0o111) return { name: source, group, kind: 'binary', path, version };
  const isContainerd = path.endsWith('.toml');
  const format = isContainerd ? 'toml' : path.endsWith('.conflist') ? 'json' : 'text';
  return { name: `config-${source}`, group, kind: 'config', path, format, role: isContainerd ? 'containerd' : 'other' };
}

function manifests(): Entry[] {
  return workloadManifests.map(({ name, group, path }, index) => {
    const isFirst = workloadManifests.findIndex(one => one.name === name) === index;
    const file = path.slice(path.lastIndexOf('/') + 1).replace(/\.yaml$/, '');
    return { name: isFirst ? `manifest-${name}` : `manifest-${name}-${file}`, group, kind: 'manifest-bundle', path };
  });
}
