import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkKubernetesVersions, findSkew } from '../../../../bootstrap/components/kubernetes-versions.ts';
import type { BinaryComponent, Component } from '../../../../bootstrap/components/manifest.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';
import { checkContext, manifestWith, preloaded } from './check-context.ts';

const binary = (name: string, version: string): BinaryComponent => ({
  name,
  group: 'kubernetes',
  kind: 'binary',
  path: `/usr/bin/${name}`,
  sha256: '0'.repeat(64),
  size: 1,
  mode: '0755',
  uid: 0,
  version,
});
const image = (ref: string) => preloaded(ref, ref);

/** Beside Kubernetes 1.30.4. */
const skew = (component: Component) =>
  findSkew(manifestWith([component])).map(
    ({ problem, observed, expected }) => `${problem}: ${observed}, not ${expected}`,
  );

test.each([
  ['kubelet', ['1.30.4', 'v1.30.0', '1.27.9'], ['1.31.0', '1.26.1', '2.30.4']],
  ['kubeadm', ['1.30.4', '1.31.2'], ['1.29.9', '1.32.0']],
  ['kubectl', ['1.29.0', '1.31.0'], ['1.28.0', '1.32.0']],
] as const)('the versions of %s that go with the API server, and those that do not', (name, fit, doNot) => {
  for (const version of fit) expect(skew(binary(name, version))).toEqual([]);
  for (const version of doNot) expect(skew(binary(name, version))).toEqual([expect.stringMatching(/^version-skew: /)]);
});

test('the version of any other program is its own matter', () => {
  expect(skew(binary('runc', '9.9.9'))).toEqual([]);
});

test('control-plane images of another version than kubeadm sets up', () => {
  expect(skew(image('registry.example/kube-apiserver:v1.30.4'))).toEqual([]);
  expect(skew(image('registry.example:5000/k8s/kube-proxy:v1.30.3'))).toEqual([
    'kubernetes-version-differs: registry.example:5000/k8s/kube-proxy:v1.30.3, not kube-proxy:v1.30.4, the version that kubeadm is told to set up',
  ]);
  expect(skew(image('registry.example/pause:3.9'))).toEqual([]);
});

/** A program that answers as kubeadm does. */
async function asked(answer: string, depth: 'full' | 'deep', components: readonly Component[], declared?: string) {
  const root = await temporaryTree();
  await mkdir(join(root, 'usr/bin'), { recursive: true });
  const program = `#!/bin/sh\n${answer}\n`;
  await writeFile(join(root, 'usr/bin/kubeadm'), program, { mode: 0o755 });
  const sha256 = createHash('sha256')
    .update(declared ?? program)
    .digest('hex');
  const kubeadm = { ...binary('kubeadm', '1.30.4'), sha256 };
  const context = checkContext(root, { depth, components: [kubeadm, ...components] });
  return (await checkKubernetesVersions(context)).map(
    ({ component, status, problem, observed, expected }) =>
      `${component} ${status} ${problem}: ${observed}, not ${expected}`,
  );
}

const list = `[ "$*" = "config images list --kubernetes-version v1.30.4" ] || exit 3
echo registry.example/kube-apiserver:v1.30.4
echo registry.example/pause:3.9`;

test('kubeadm wants what is preloaded', async () => {
  const preloaded = [image('registry.example/kube-apiserver:v1.30.4'), image('registry.example/pause:3.9')];
  expect(await asked(list, 'deep', preloaded)).toEqual([]);
});

test('a cluster does without a name server', async () => {
  const withNames = `${list}\necho registry.example/coredns/coredns:v1.11.1`;
  const preloaded = [image('registry.example/kube-apiserver:v1.30.4'), image('registry.example/pause:3.9')];
  expect(await asked(withNames, 'deep', preloaded)).toEqual([
    'kubeadm note kubeadm-image-not-preloaded: no image of that name, not registry.example/coredns/coredns:v1.11.1, or a cluster without it: its phase of kubeadm is skipped',
  ]);
});

test('kubeadm wants another image than the preloaded one, and one that is not there at all', async () => {
  expect(await asked(list, 'deep', [image('mirror.example/pause:3.8')])).toEqual([
    'kubeadm missing kubeadm-image-not-preloaded: no image of that name, not registry.example/kube-apiserver:v1.30.4',
    'kubeadm missing kubeadm-image-not-preloaded: mirror.example/pause:3.8, not registry.example/pause:3.9',
  ]);
});

test('a kubeadm that fails cannot tell, and it is only run at depth deep', async () => {
  expect(await asked('echo broken >&2; exit 1', 'deep', [])).toEqual([
    'kubeadm could-not-tell kubeadm-images-unknown: broken, not a list of images',
  ]);
  expect(await asked('exit 1', 'full', [])).toEqual([]);
});

test('a kubeadm that is not the declared one is never run', async () => {
  expect(await asked('exit 1', 'deep', [], 'another program')).toEqual([]);
});
