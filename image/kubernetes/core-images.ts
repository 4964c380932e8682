import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageFile } from './addons/workload-image.ts';
import type { ContainerImage } from './container-image.ts';
import type { Programs } from './programs.ts';

/** Named as kubeadm 1.20 asks for them; nothing is ever fetched under these names. */
const REGISTRY = 'k8s.gcr.io';
export const SANDBOX_IMAGE = `${REGISTRY}/pause:3.2`;
const ETCD_IMAGE = `${REGISTRY}/etcd:3.4.13-0`;

/** kube-proxy calls them by these names; here they speak nftables, as those of the machine do. */
const IPTABLES = ['iptables', 'iptables-save', 'iptables-restore', 'ip6tables', 'ip6tables-save', 'ip6tables-restore'];

/** The images that kubeadm asks for: pause, etcd and the parts of the control plane. */
export function coreImages({ directory, version }: Programs): ContainerImage[] {
  const group = 'kubernetes';
  const user = '0:0';
  const program = (name: string, path: string): ImageFile => {
    return { path, mode: 0o755, content: readFileSync(join(directory, name)) };
  };
  const alone = (name: string, ref: string, path: string): ContainerImage => {
    return { name, group, ref, packages: [], files: async () => [program(name, path)], entrypoint: [path], user };
  };
  return [
    alone('pause', SANDBOX_IMAGE, '/pause'),
    {
      name: 'etcd',
      group,
      // The newest of the series 3.4 that Debian has, under the name that kubeadm asks for.
      ref: ETCD_IMAGE,
      packages: ['etcd-server', 'libc6'],
      files: async () => [],
      entrypoint: ['/usr/bin/etcd'],
      user,
    },
    ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map(name =>
      alone(name, `${REGISTRY}/${name}:v${version}`, `/usr/local/bin/${name}`),
    ),
    {
      name: 'kube-proxy',
      group,
      ref: `${REGISTRY}/kube-proxy:v${version}`,
      packages: [
        ...['conntrack', 'iptables', 'libc6', 'libip4tc2', 'libip6tc2', 'libmnl0', 'libnetfilter-conntrack3'],
        ...['libnfnetlink0', 'libnftnl11', 'libxtables12', 'netbase'],
      ],
      files: async () => [
        program('kube-proxy', '/usr/local/bin/kube-proxy'),
        ...IPTABLES.map(name => ({ path: `/usr/sbin/${name}`, target: 'xtables-nft-multi' })),
      ],
      entrypoint: ['/usr/local/bin/kube-proxy'],
      user,
    },
  ];
}
