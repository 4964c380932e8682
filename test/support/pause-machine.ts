import { type Containerd, startContainerd } from './containerd.ts';
import { type ImageTree, makeImageTree } from './image-tree.ts';
import { architecture, type OciImage, ociImage } from './oci-image.ts';

export const pause = 'registry.example/pause:3.9';
export const pauseArchive = '/usr/share/images/pause.tar';
const pinned = ['io.cri-containerd.image=managed', 'io.cri-containerd.pinned=pinned'];

export interface PauseMachine {
  readonly tree: ImageTree;
  readonly containerd: Containerd;
  readonly image: OciImage;
}

/** A tree with a running containerd, the pause image imported from its archive, and the signed manifest of all that. */
export async function makePauseMachine(root: string): Promise<PauseMachine> {
  const tree = await makeImageTree(root);
  const image = ociImage(pause);
  const containerd = await startContainerd(root);
  await tree.put(pauseArchive, image.archive);
  await tree.put(
    '/etc/containerd/config.toml',
    `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pause}"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = true
`,
  );
  containerd.ctr('-n', 'k8s.io', 'images', 'import', '--no-unpack', tree.at(pauseArchive));
  containerd.ctr('-n', 'k8s.io', 'images', 'label', pause, ...pinned);
  const group = 'kubernetes';
  const { digest } = image.target;
  await tree.seal({
    schema: 'conjurer.components/v1',
    image: 'clusterimage-r-v1.3.0',
    arch: architecture,
    kubernetes: {
      version: '1.30.4',
      distribution: 'kubeadm',
      cgroupDriver: 'systemd',
      sandboxImage: pause,
      criSocket: '/run/containerd/containerd.sock',
    },
    components: [
      { name: 'pause', group, kind: 'containerd-image', ref: pause, digest, archive: 'pause-archive' },
      {
        name: 'pause-archive',
        group,
        kind: 'oci-archive',
        path: pauseArchive,
        images: [{ ref: pause, digest, platform: `linux/${architecture}` }],
      },
      {
        name: 'containerd-config',
        group,
        kind: 'config',
        path: '/etc/containerd/config.toml',
        format: 'toml',
        role: 'containerd',
      },
    ],
  });
  return { tree, containerd, image };
}
