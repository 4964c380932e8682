import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../tool.ts';

/** Where packages come from, and where what is made of them is kept. */
export interface Archive {
  /** Lines of sources.list. */
  readonly sources: readonly string[];
  /** File of the keys that sign it. */
  readonly keyring: string;
  readonly cacheDir: string;
  /** Make anew what is in the cache: the archive may have updates. */
  readonly fresh: boolean;
}

/** The packages of all container images, as files. */
export interface Packages {
  /** Holds one file a package. */
  readonly directory: string;
  /** Unpacks one into a root file system. None of its scripts is run, and nothing that it depends on is added. */
  unpack(name: string, root: string): void;
}

/** What no container reads. */
const LEFT_OUT = ['usr/share/info', 'usr/share/lintian', 'usr/share/locale', 'usr/share/man', 'usr/share/bug'];

/** Fetches exactly these packages, once for every list of them (seconds). Needs root. */
export function preparePackages(suite: string, names: readonly string[], archive: Archive): Packages {
  const directory = prepareDirectory(suite, [...new Set(names)].sort(), archive);
  const files = readdirSync(directory);
  return {
    directory,
    unpack(name, root) {
      const file = files.find(one => one.startsWith(`${name}_`));
      if (file === undefined) throw new Error(`the archive gave no package ${name}`);
      runTool('dpkg-deb', ['-x', join(directory, file), root]);
      for (const path of LEFT_OUT) rmSync(join(root, path), { recursive: true, force: true });
      thinDocumentation(join(root, 'usr/share/doc', name));
      rmSync(join(root, 'usr/lib/x86_64-linux-gnu/gconv'), { recursive: true, force: true });
    },
  };
}

function prepareDirectory(
  suite: string,
  names: readonly string[],
  { sources, keyring, cacheDir, fresh }: Archive,
): string {
  const key = createHash('sha256')
    .update(JSON.stringify([suite, names, sources]))
    .digest('hex');
  const directory = join(cacheDir, `packages-${suite}-${key.slice(0, 16)}`);
  if (!fresh && existsSync(directory)) return directory;
  mkdirSync(cacheDir, { recursive: true });
  const temporary = mkdtempSync(join(cacheDir, '.packages-'));
  try {
    // An empty root: of mmdebstrap only the apt of the suite is wanted, and the signatures that it looks at.
    const download = `cd ${temporary} && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -q download ${names.join(' ')}`;
    const args = ['--mode=root', '--variant=custom', '--architectures=amd64', '--format=null', `--keyring=${keyring}`];
    runTool('mmdebstrap', [...args, `--customize-hook=${download}`, suite, '/dev/null', '-'], {
      input: sources.join('\n'),
      env: { TMPDIR: cacheDir },
    });
    rmSync(directory, { recursive: true, force: true });
    renameSync(temporary, directory);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return directory;
}

/** Copyright files stay. */
function thinDocumentation(directory: string): void {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) {
    if (name !== 'copyright') rmSync(join(directory, name), { recursive: true });
  }
}
