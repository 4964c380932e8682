import { readInstallList } from '../rootfs/lay-files.ts';
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
      { name: 'kubelet-unit', group, kind: 'systemd-unit', unit: 'kubelet.service' },
      ...configs(),
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

/** The unit declares its drop-ins itself. */
function configs(): Entry[] {
  return readInstallList(KUBERNETES_FILES)
    .filter(({ path }) => !path.startsWith('/etc/systemd/') && !path.endsWith('.service'))
    .map(({ source, path }) => {
      const isContainerd = path.endsWith('.toml');
      const format = isContainerd ? 'toml' : path.endsWith('.conflist') ? 'json' : 'text';
      const role = isContainerd ? 'containerd' : 'other';
      return { name: `config-${source}`, group: 'kubernetes', kind: 'config', path, format, role };
    });
}

function manifests(): Entry[] {
  return workloadManifests.map(({ name, group, path }, index) => {
    const isFirst = workloadManifests.findIndex(one => one.name === name) === index;
    const file = path.slice(path.lastIndexOf('/') + 1).replace(/\.yaml$/, '');
    return { name: isFirst ? `manifest-${name}` : `manifest-${name}-${file}`, group, kind: 'manifest-bundle', path };
  });
}
