import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { readContainerdConfig } from '../../bootstrap/components/runtime/containerd-config.ts';
import { criNamespace, ctrOf } from '../../bootstrap/components/runtime/ctr.ts';
import { localHost } from '../../bootstrap/host/local-host.ts';
import { judgeRuntime } from '../../bootstrap/preflight/checks/container-runtime.ts';
import { judgeSandbox } from '../../bootstrap/preflight/checks/sandbox-image.ts';
import { askCri, type Runtime } from '../../bootstrap/preflight/cri.ts';
import { startContainerd } from '../support/containerd.ts';
import { ociImage } from '../support/oci-image.ts';
import { temporaryTree } from '../support/temporary-tree.ts';

const configPath = '/etc/containerd/config.toml';
const socket = '/run/containerd/containerd.sock';
const ref = 'registry.example/pause:3.9';

async function runtimeIn(tree: string, config: string): Promise<Runtime> {
  await mkdir(join(tree, dirname(configPath)), { recursive: true });
  await writeFile(join(tree, configPath), config);
  const read = await readContainerdConfig(localHost({ root: tree }).files, configPath);
  return { configPath, config: read, socket, isDeclared: true };
}

test('a containerd that runs without CRI is told from one that does not run', async () => {
  const tree = await temporaryTree();
  const host = localHost({ root: tree });
  const { signal } = new AbortController();
  const runtime = await runtimeIn(tree, 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n');
  const before = await askCri(host, socket, signal);
  expect(judgeRuntime(runtime, null, before)).toMatchObject({
    status: 'fail',
    observed: `there is no socket ${socket}`,
  });

  await startContainerd(tree);
  const running = await askCri(host, socket, signal);
  expect(judgeRuntime(runtime, null, running).observed).toContain(
    'containerd runs without its CRI plugin: disabled_plugins in /etc/containerd/config.toml holds io.containerd.grpc.v1.cri',
  );
});

test('a containerd with CRI answers', async () => {
  const tree = await temporaryTree();
  const runtime = await runtimeIn(tree, 'version = 2\n');
  await startContainerd(tree, { withCri: true });
  const answer = await askCri(localHost({ root: tree }), socket, new AbortController().signal);
  expect(judgeRuntime(runtime, null, answer)).toMatchObject({ status: 'pass' });
});

test('the sandbox image is looked for by the very name that containerd asks for', async () => {
  const tree = await temporaryTree();
  const host = localHost({ root: tree });
  const containerd = await startContainerd(tree);
  const config = (image: string) =>
    `version = 2\n[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "${image}"\n`;
  const archive = join(tree, 'pause.tar');
  await writeFile(archive, ociImage(ref).archive);
  const images = () => ctrOf(host, socket).images(criNamespace);
  const asked = await runtimeIn(tree, config(ref));
  expect(judgeSandbox(asked, ref, await images())).toMatchObject({ status: 'fail', observed: `${ref} is not there` });
  containerd.ctr('-n', criNamespace, 'images', 'import', '--no-unpack', archive);
  expect(judgeSandbox(asked, ref, await images())).toMatchObject({ status: 'pass' });
  const other = await runtimeIn(tree, config('registry.example/pause:3.10'));
  expect(judgeSandbox(other, null, await images()).observed).toBe(
    `registry.example/pause:3.10 is not there, but ${ref}`,
  );
});
