import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtBinary, runBare } from './binary.ts';
import { prepareMinbase } from './minbase.ts';
import { onRung } from './rung.ts';

/** Commands that read only. */
const READING = [['--version', '--json'], ['--help'], ['explain', 'E_USAGE'], ['completion', 'bash']];

let conjurer: string;
let folder: string;
beforeAll(() => {
  conjurer = builtBinary();
  folder = mkdtempSync(join(tmpdir(), 'conjurer-anywhere-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the binary', () => {
  it.each(['/', '/proc', '/tmp'])('runs in %s', cwd => {
    expect(runBare(conjurer, ['--version'], {}, cwd)).toMatchObject({ status: 0, stderr: '' });
  });

  it('runs from another place under another name, far from node_modules', () => {
    const moved = join(folder, 'agent');
    copyFileSync(conjurer, moved);
    expect(runBare(moved, ['--version'])).toEqual(runBare(conjurer, ['--version']));
  });

  it('runs where standard streams are closed', () => {
    expect(spawnSync('sh', ['-c', 'exec "$0" --version <&- >&- 2>&-', conjurer], { env: {} }).status).toBe(0);
  });
});

const NAMESPACE = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
const namespaces = spawnSync('unshare', [...NAMESPACE, 'mount', '-o', 'remount,bind,ro', '/']);
const noNamespaces = namespaces.status === 0 ? null : `no mount namespace: ${namespaces.stderr ?? namespaces.error}`;

describe('on a read-only root', () => {
  onRung('read-only root', noNamespaces, () => {
    it.each(READING)('%s %s answers as elsewhere', (...args) => {
      const script = `mount -o remount,bind,ro / && ! touch "$1/written" 2>/dev/null || exit 99; shift; cd / && exec env -i "$@"`;
      const there = runBare(
        '/usr/bin/unshare',
        [...NAMESPACE, 'sh', '-c', script, 'sh', dirname(conjurer), conjurer, ...args],
        {
          PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        },
      );
      expect(there).toEqual(runBare(conjurer, args));
    });
  });
});

const minbase = noNamespaces === null ? prepareMinbase() : { path: null, obstacle: noNamespaces };

describe('on a minimal Debian with nothing added, read-only, without /proc and /dev', () => {
  onRung('minbase', minbase.obstacle, () => {
    it.each(READING)('%s %s answers as elsewhere', (...args) => {
      expect(runInMinbase(args)).toEqual(runBare(conjurer, args));
    });

    it('starts again without the variables that Node obeys, or goes on where it cannot', () => {
      const { status, stdout } = runInMinbase(['--version'], ['NODE_DEBUG=tls', 'NODE_TLS_REJECT_UNAUTHORIZED=0']);
      expect({ status, stdout }).toMatchObject({ status: 0, stdout: runBare(conjurer, ['--version']).stdout });
    });
  });
});

function runInMinbase(args: readonly string[], env: readonly string[] = []) {
  const script = `
    mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && mount -t tmpfs none "$1/mnt" && mount -t tmpfs none "$1/dev" || exit 99
    touch "$1/mnt/conjurer" && mount --bind "$2" "$1/mnt/conjurer" || exit 99
    ! touch "$1/written" 2>/dev/null || exit 98
    root="$1"; shift 2; exec env -i "$(command -v chroot)" "$root" /usr/bin/env "$@"`;
  const command = [...env, '/mnt/conjurer', ...args];
  return runBare(
    '/usr/bin/unshare',
    [...NAMESPACE, 'sh', '-c', script, 'sh', minbase.path ?? '', conjurer, ...command],
    {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    },
  );
}
