import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { apiVersionOf, parseVersion } from '../../../../bootstrap/cluster/api-version.ts';
import { type KubeadmInput, kubeadmConfig } from '../../../../bootstrap/cluster/kubeadm-config.ts';

const settings = {
  distribution: 'kubeadm',
  kubernetesVersion: '1.20.2',
  role: 'control-plane',
  podSubnet: '10.244.0.0/16',
  serviceSubnet: null,
  controlPlaneEndpoint: null,
  join: null,
} as const;
const join = { endpoint: '10.0.0.10:6443', caCertHashes: [`sha256:${'a'.repeat(64)}`] };

function documents(version: string, more: Partial<KubeadmInput> = {}): Record<string, unknown>[] {
  const kubeadm = parseVersion(version);
  const apiVersion = kubeadm === null ? null : apiVersionOf(kubeadm);
  if (kubeadm === null || apiVersion === null) throw new Error(version);
  const text = kubeadmConfig({
    settings,
    apiVersion,
    kubeadm,
    nodeName: 'edge-1',
    address: '10.0.0.11',
    socket: '/run/containerd/containerd.sock',
    cgroupDriver: 'systemd',
    imageRepository: null,
    ofImage: [],
    ...more,
  });
  return parseAllDocuments(text).map(document => document.toJS());
}

test.each([
  ['v1.14.9', null],
  ['v1.15.0', 'v1beta2'],
  ['1.20.2', 'v1beta2'],
  ['v1.21.14', 'v1beta2'],
  ['v1.22.0', 'v1beta3'],
  ['v1.30.4', 'v1beta3'],
  ['v1.31.0', 'v1beta4'],
  ['v1.34.1+build', 'v1beta4'],
  ['v2.0.0', null],
])('the configuration of kubeadm %s is of %s', (version, expected) => {
  const parsed = parseVersion(version);
  expect(parsed === null ? 'no version' : apiVersionOf(parsed)).toBe(expected);
});

test('a node of 1.20 is told its socket as a path, and its arguments as a mapping', () => {
  const [init, cluster] = documents('v1.20.2');
  expect(init).toMatchObject({
    apiVersion: 'kubeadm.k8s.io/v1beta2',
    localAPIEndpoint: { advertiseAddress: '10.0.0.11' },
    nodeRegistration: { criSocket: '/run/containerd/containerd.sock', kubeletExtraArgs: { 'node-ip': '10.0.0.11' } },
  });
  expect(cluster).toMatchObject({
    kubernetesVersion: 'v1.20.2',
    networking: { podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/12' },
    apiServer: { timeoutForControlPlane: '15m0s' },
  });
  expect(cluster).not.toHaveProperty('imageRepository');
});

test('one of 1.31 as an address, as a list, and its time limits where they are now', () => {
  const [init, cluster] = documents('v1.31.0');
  expect(init).toMatchObject({
    timeouts: { controlPlaneComponentHealthCheck: '15m0s' },
    nodeRegistration: {
      criSocket: 'unix:///run/containerd/containerd.sock',
      kubeletExtraArgs: [{ name: 'node-ip', value: '10.0.0.11' }],
    },
  });
  expect(cluster).not.toHaveProperty('apiServer');
});

test('no taint keeps operator and addons from a single node', () => {
  expect(documents('v1.20.2')[0]).toMatchObject({ nodeRegistration: { taints: [] } });
});

test('what conjurer must set goes over what the image brings, the rest stays', () => {
  const ofImage = [
    { kind: 'KubeletConfiguration', maxPods: 40, cgroupDriver: 'cgroupfs' },
    { kind: 'KubeProxyConfiguration', mode: 'ipvs' },
  ];
  const [, , kubelet, proxy] = documents('v1.20.2', { ofImage });
  expect(kubelet).toMatchObject({ maxPods: 40, cgroupDriver: 'systemd', imageGCHighThresholdPercent: 100 });
  expect(proxy).toMatchObject({ mode: 'ipvs', apiVersion: 'kubeproxy.config.k8s.io/v1alpha1' });
});

test.each(['v1.20.2', 'v1.22.0', 'v1.31.0'])('a join with %s has a place for its token, and no token', version => {
  const [document, ...others] = documents(version, { settings: { ...settings, role: 'worker', join } });
  expect(others).toEqual([]);
  expect(document).toMatchObject({
    kind: 'JoinConfiguration',
    discovery: {
      bootstrapToken: { apiServerEndpoint: '10.0.0.10:6443', token: '{{token}}' },
      tlsBootstrapToken: '{{token}}',
    },
  });
});
