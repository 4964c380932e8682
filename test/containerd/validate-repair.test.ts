import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { startContainerd } from '../support/containerd.ts';
import { makeImageTree } from '../support/image-tree.ts';
import { architecture, ociImage } from '../support/oci-image.ts';
import { temporaryTree } from '../support/temporary-tree.ts';

const pause = 'registry.example/pause:3.9';
const pinned = ['io.cri-containerd.image=managed', 'io.cri-containerd.pinned=pinned'];

/** `conjurer validate` from its source, on the tree. */
async function validate(root: string, ...args: string[]) {
  const main = join(import.meta.dirname, '../../agent/main.ts');
  const child = spawn(process.execPath, [main, '--root', root, 'validate', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [stdout, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  const report = JSON.parse(stdout) as {
    verdict: string;
    findings: { status: string; problem: string }[];
    repaired?: unknown;
  };
  const wrong = report.findings.filter(one => one.status !== 'ok' && one.status !== 'note');
  return { status, verdict: report.verdict, problems: wrong.map(({ problem }) => problem), repaired: report.repaired };
}

test('by the command: the pause image is deleted and a blob is altered, each is named, and healed by --repair', async () => {
  const root = await temporaryTree();
  const tree = await makeImageTree(root);
  const image = ociImage(pause);
  const containerd = await startContainerd(root);
  await tree.put('/usr/share/images/pause.tar', image.archive);
  await tree.put(
    '/etc/containerd/config.toml',
    `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pause}"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = true
`,
  );
  containerd.ctr('-n', 'k8s.io', 'images', 'import', '--no-unpack', tree.at('/usr/share/images/pause.tar'));
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
        path: '/usr/share/images/pause.tar',
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
  expect(await validate(root, '--deep')).toMatchObject({ status: 0, problems: [] });

  containerd.ctr('-n', 'k8s.io', 'images', 'rm', '--sync', pause);
  expect(await validate(root, '--quick')).toMatchObject({ status: 5, problems: ['image-missing'] });
  expect(await validate(root, '--deep', '--repair')).toMatchObject({
    status: 0,
    problems: [],
    repaired: [
      { change: `image-${pause}`, problem: null },
      { change: `labels-${pause}`, problem: null },
    ],
  });

  const layer = containerd.blob(image.layers[0]?.digest ?? '');
  const bytes = await readFile(layer);
  bytes[30] = (bytes[30] ?? 0) ^ 1;
  await writeFile(layer, bytes);
  expect(await validate(root, '--deep')).toMatchObject({ status: 5, problems: ['blob-altered'] });
  expect(await validate(root, '--deep', '--repair')).toMatchObject({ status: 0, problems: [] });
});
