import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { checkConfig } from '../../../../bootstrap/components/config.ts';
import type { ConfigComponent } from '../../../../bootstrap/components/manifest.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';
import { checkContext } from './check-context.ts';

const containerd: ConfigComponent = {
  name: 'containerd-config',
  group: 'kubernetes',
  kind: 'config',
  path: '/etc/containerd/config.toml',
  format: 'toml',
  role: 'containerd',
  sha256: null,
  keys: {},
};
const kubelet: ConfigComponent = {
  ...containerd,
  name: 'kubelet-config',
  path: '/var/lib/kubelet/config.yaml',
  format: 'yaml',
  role: 'kubelet',
};

const version2 = `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.example/pause:3.9"
[plugins."io.containerd.grpc.v1.cri".containerd]
  default_runtime_name = "runc"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = true
`;
const version3 = `version = 3
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = 'registry.example/pause:3.9'
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  SystemdCgroup = true
`;

async function problems(component: ConfigComponent, files: Readonly<Record<string, string>>) {
  const root = await temporaryTree();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return (await checkConfig(component, checkContext(root))).map(({ status, problem, observed }) =>
    status === 'ok' ? 'ok' : `${status} ${problem}: ${observed}`,
  );
}

const ofContainerd = (text: string, more: Readonly<Record<string, string>> = {}) =>
  problems(containerd, { [containerd.path]: text, ...more });
const ofKubelet = (text: string) => problems(kubelet, { [kubelet.path]: text });

test.each([version2, version3])('a containerd configuration that fits is ok, in each version', async text => {
  expect(await ofContainerd(text)).toEqual(['ok']);
});

test.each([
  ['cri', version2],
  ['io.containerd.grpc.v1.cri', version2],
  ['io.containerd.cri.v1.images', version3],
  ['io.containerd.cri.v1.runtime', version3],
])('CRI switched off as %s', async (name, text) => {
  expect(await ofContainerd(`disabled_plugins = ["${name}"]\n${text}`)).toEqual([
    `altered cri-plugin-disabled: disabled_plugins holds ${name}`,
  ]);
});

test('the file that packages ship, which switches CRI off and names no version', async () => {
  expect(await ofContainerd('disabled_plugins = ["cri"]\n')).toEqual([
    'altered config-version-unsupported: version 1',
    'altered cri-plugin-disabled: disabled_plugins holds cri',
    'altered cgroup-driver-differs: SystemdCgroup = false (runtime runc)',
    "altered sandbox-image-differs: none set, so containerd's own default",
  ]);
});

test.each([version2, version3])('another cgroup driver than kubelet has, in each version', async text => {
  expect(await ofContainerd(text.replace('true', 'false'))).toEqual([
    'altered cgroup-driver-differs: SystemdCgroup = false (runtime runc)',
  ]);
});

test('the options of a runtime that is not the default one do not count', async () => {
  const text = version2.replace('default_runtime_name = "runc"', 'default_runtime_name = "crun"');
  expect(await ofContainerd(text)).toEqual(['altered cgroup-driver-differs: SystemdCgroup = false (runtime crun)']);
});

test.each([version2, version3])('another sandbox image than the preloaded one, in each version', async text => {
  expect(await ofContainerd(text.replace('pause:3.9', 'pause:3.8'))).toEqual([
    'altered sandbox-image-differs: registry.example/pause:3.8',
  ]);
});

test('what an imported file sets is what counts, and lists are joined', async () => {
  const off = 'disabled_plugins = ["io.containerd.cri.v1.runtime"]';
  const imports = `imports = ["/etc/containerd/conf.d/*.toml"]\n${off}\n${version3}`;
  const over = `version = 3
disabled_plugins = ["io.containerd.cri.v1.images"]
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = 'registry.example/pause:9'
`;
  expect(await ofContainerd(imports, { '/etc/containerd/conf.d/10-site.toml': over })).toEqual([
    'altered cri-plugin-disabled: disabled_plugins holds io.containerd.cri.v1.runtime, io.containerd.cri.v1.images',
    'altered sandbox-image-differs: registry.example/pause:9',
  ]);
});

test('imports that lead in a circle end', async () => {
  expect(await ofContainerd(`imports = ["${containerd.path}"]\n${version2}`)).toEqual(['ok']);
});

test('an import that is missing, text that is no TOML, a value of another type', async () => {
  expect(await ofContainerd(`imports = ["/etc/other.toml"]\n${version2}`)).toEqual([
    'altered config-invalid: /etc/other.toml is imported and does not exist',
  ]);
  expect((await ofContainerd('version = = 2'))[0]).toMatch(/^altered config-invalid: .*config\.toml: not TOML/);
  expect((await ofContainerd(version2.replace('= true', '= "yes"')))[0]).toMatch(/SystemdCgroup/);
});

test('another socket than kubelet is given', async () => {
  expect(await ofContainerd(`${version2}[grpc]\naddress = "/run/other.sock"\n`)).toEqual([
    'altered cri-socket-differs: /run/other.sock',
  ]);
});

test('a missing file', async () => {
  expect(await problems(containerd, {})).toEqual(['missing file-missing: nothing']);
});

test('the bytes count where they are declared', async () => {
  const sha256 = createHash('sha256').update(version2).digest('hex');
  const declared = { ...containerd, sha256 };
  expect(await problems(declared, { [containerd.path]: version2 })).toEqual(['ok']);
  const [first] = await problems(declared, { [containerd.path]: `${version2}\n` });
  expect(first).toMatch(/^altered digest-mismatch: .* sha256 [0-9a-f]{64}$/);
});

test('declared values, with dots inside of quotes', async () => {
  const keys = { version: 2, 'plugins."io.containerd.grpc.v1.cri".sandbox_image': 'registry.example/pause:3.9' };
  const component = { ...containerd, keys };
  expect(await problems(component, { [containerd.path]: version2 })).toEqual(['ok']);
  expect(await problems({ ...component, keys: { oom_score: -999 } }, { [containerd.path]: version2 })).toEqual([
    'altered value-differs: oom_score = not set',
  ]);
});

const kubeletText = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';

test('the cgroup driver of kubelet: as declared, another, and none, which is cgroupfs', async () => {
  expect(await ofKubelet(`${kubeletText}cgroupDriver: systemd\n`)).toEqual(['ok']);
  expect(await ofKubelet(`${kubeletText}cgroupDriver: cgroupfs\n`)).toEqual([
    'altered cgroup-driver-differs: cgroupDriver: cgroupfs',
  ]);
  expect(await ofKubelet(kubeletText)).toEqual([
    'altered cgroup-driver-differs: cgroupDriver: cgroupfs, by default since none is set',
  ]);
});

test('kubelet is given another socket', async () => {
  const text = `${kubeletText}cgroupDriver: systemd\ncontainerRuntimeEndpoint: unix:///run/crio/crio.sock\n`;
  expect(await ofKubelet(text)).toEqual([
    'altered cri-socket-differs: containerRuntimeEndpoint: unix:///run/crio/crio.sock',
  ]);
});

test('the documents of kubeadm: its default driver is systemd, its version must be the image’s', async () => {
  const kubeadm: ConfigComponent = { ...kubelet, role: 'kubeadm', path: '/etc/kubernetes/kubeadm.yaml' };
  const cluster = (version: string) =>
    `apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: ${version}\n---\n${kubeletText}`;
  expect(await problems(kubeadm, { [kubeadm.path]: cluster('v1.30.4') })).toEqual(['ok']);
  expect(await problems(kubeadm, { [kubeadm.path]: cluster('v1.31.0') })).toEqual([
    'altered kubernetes-version-differs: kubernetesVersion: v1.31.0',
  ]);
});

test('crictl asks another socket', async () => {
  const crictl: ConfigComponent = { ...kubelet, role: 'crictl', path: '/etc/crictl.yaml' };
  const text =
    'runtime-endpoint: unix:///run/containerd/containerd.sock\nimage-endpoint: unix:///var/run/dockershim.sock\n';
  expect(await problems(crictl, { [crictl.path]: text })).toEqual([
    'altered cri-socket-differs: image-endpoint: unix:///var/run/dockershim.sock',
  ]);
});

test('YAML that cannot be read, or that grows without bounds', async () => {
  expect((await ofKubelet('a: [1'))[0]).toMatch(/^altered config-invalid: not YAML/);
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 9; i += 1)
    lines.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  expect((await ofKubelet(lines.join('\n')))[0]).toMatch(/^altered config-invalid: .*aliases/);
});
