import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { containerdMissing } from './containerd-missing.ts';

/** A containerd that runs for one test, with everything of it inside of a tree. */
export interface Containerd {
  /** Runs `ctr` against it and gives what it printed. */
  ctr(...args: readonly string[]): string;
  /** Where the tree has the blob. */
  blob(digest: string): string;
}

const socket = '/run/containerd/containerd.sock';

/** The one of containerd's that works on every file system. */
const withOwnSnapshotter = 'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd]\n  snapshotter = "native"\n';

/** Starts a real containerd in the tree, by the paths that it has on a machine. It is gone when the test is over. */
export async function startContainerd(tree: string, { withCri = false } = {}): Promise<Containerd> {
  const missing = containerdMissing();
  if (missing !== null) throw new Error(missing);
  const root = join(tree, 'var/lib/containerd');
  const state = join(tree, 'run/containerd');
  const config = join(tree, 'containerd-for-test.toml');
  await mkdir(root, { recursive: true });
  await mkdir(state, { recursive: true });
  // Usually without CRI, which would label images by itself, at a time of its own.
  await writeFile(
    config,
    withCri ? withOwnSnapshotter : 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n',
  );
  const address = join(tree, socket);
  const args = ['--config', config, '--root', root, '--state', state, '--address', address, '--log-level', 'warn'];
  const watcher = watch(state);
  const child = spawn('containerd', args, { stdio: 'ignore' });
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  while (!existsSync(address)) {
    await Promise.race([once(watcher, 'change'), once(child, 'exit')]);
    if (child.exitCode !== null) throw new Error(`containerd ended with status ${child.exitCode}`);
  }
  watcher.close();
  return {
    ctr: (...command) => execFileSync('ctr', ['--address', address, ...command], { encoding: 'utf8' }),
    blob: digest => join(root, 'io.containerd.content.v1.content/blobs', digest.replace(':', '/')),
  };
}
