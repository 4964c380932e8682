import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findSkew } from '../../../../bootstrap/components/kubernetes-versions.ts';
import { KUBERNETES_FILES } from '../../../../image/kubernetes/install.ts';
import { readInstallList } from '../../../../image/rootfs/lay-files.ts';
import { writeText } from '../../../../image/rootfs/write-text.ts';
import { kubernetesTree } from './kubernetes-tree.ts';

it('what a Kubernetes image lays is what it declares, and its parts go together', async () => {
  const { manifest } = await kubernetesTree();
  const made = await manifest();
  expect(findSkew(made)).toEqual([]);
  const refs = made.components.flatMap(one => (one.kind === 'containerd-image' ? [one.ref] : []));
  expect(refs).toEqual(
    expect.arrayContaining([
      made.kubernetes?.sandboxImage,
      'k8s.gcr.io/etcd:3.4.13-0',
      'k8s.gcr.io/kube-apiserver:v1.20.2',
      'k8s.gcr.io/kube-proxy:v1.20.2',
    ]),
  );
  const archives = made.components.flatMap(one => (one.kind === 'oci-archive' ? one.images.map(({ ref }) => ref) : []));
  expect(archives.sort()).toEqual([...refs].sort());
  expect(made.components.filter(one => one.kind === 'containerd-image' && !one.pinned)).toEqual([]);
  expect(made.components.find(({ name }) => name === 'kubelet.service')).toMatchObject({
    enabled: true,
    dropIns: [{ path: '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf' }],
  });
  const laid = readInstallList(KUBERNETES_FILES).map(({ path }) => path);
  const declared = made.components.flatMap(one => [
    ...('path' in one ? [one.path] : []),
    ...(one.kind === 'systemd-unit' ? one.dropIns.map(({ path }) => path) : []),
  ]);
  expect(laid.filter(path => !declared.includes(path))).toEqual([]);
});

it('every image of a workload is one that its manifests name', async () => {
  const { manifest } = await kubernetesTree();
  const { components } = await manifest();
  const named = components.flatMap(one => (one.kind === 'manifest-bundle' ? one.images : []));
  const workloads = components.flatMap(one => {
    return one.kind === 'containerd-image' && one.group !== 'kubernetes' ? [one.ref] : [];
  });
  expect([...new Set(named)].sort()).toEqual(workloads.sort());
});

it('a containerd of another cgroup driver than kubelet gets no manifest', async () => {
  const { root, manifest } = await kubernetesTree();
  const path = join(root, 'etc/containerd/config.toml');
  writeFileSync(path, readFileSync(path, 'utf8').replace('SystemdCgroup = true', 'SystemdCgroup = false'));
  await expect(manifest()).rejects.toThrow('cgroup-driver-differs');
});

it('a file that nobody declared beside the settings of containerd gets no manifest', async () => {
  const { root, manifest } = await kubernetesTree();
  writeText(root, '/etc/containerd/other.toml', 'version = 2\n');
  await expect(manifest()).rejects.toThrow('undeclared-file');
});
