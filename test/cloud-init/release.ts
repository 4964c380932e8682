import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareRootFileSystem } from '../binary/build/minbase.ts';

/** The cloud-init and the netplan of a release of Debian, in a root file system of their own. */
export interface Release {
  readonly name: string;
  /** Why there is none; null: there is. */
  readonly obstacle: string | null;
  /** Runs a script of the shell in it, with these files in its current directory; /etc/netplan is empty. */
  run(script: string, files: Readonly<Record<string, string>>): { status: number | null; said: string };
}

export function prepareRelease(name: string): Release {
  const { path, obstacle } = prepareRootFileSystem('cloud-init', ['cloud-init', 'netplan.io'], name);
  return { name, obstacle, run: (script, files) => runIn(path ?? '', script, files) };
}

/** Mounts of its own, so that the cached tree stays as it is and tests do not see each other. */
function runIn(root: string, script: string, files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'conjurer-cloud-init-'));
  try {
    for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
    const mounts = [
      'mount -t proc proc "$1/proc"',
      'mount -t tmpfs none "$1/etc/netplan"',
      'mount -t tmpfs none "$1/run"',
      'mount --bind "$2" "$1/mnt"',
      'exec chroot "$1" /bin/sh -euc "cd /mnt; $3"',
    ];
    const args = ['--mount', '/bin/sh', '-euc', mounts.join('\n'), 'sh', root, folder, script];
    const { status, stdout, stderr } = spawnSync('unshare', args, {
      encoding: 'utf8',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' },
    });
    return { status, said: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
