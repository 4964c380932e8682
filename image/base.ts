import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Release } from './release.ts';
import { runTool } from './tool.ts';

export interface BaseOptions {
  readonly release: Release;
  /** A URL, a file of sources.list lines, or null: what apt of this machine uses for the same release. */
  readonly mirror: string | null;
  readonly cacheDir: string;
  /** Make it anew although it is there: the archive may have updates. */
  readonly fresh: boolean;
  log(line: string): void;
}

/** Says what is in a base besides its inputs; raise it with any change of how a base is made. */
const FORMAT = 2;

/** Files of the base are not newer than 2026-01-01, so that the same packages give the same bytes on any day. */
export const EPOCH = '1767225600';

/** What nobody reads on such a machine. Copyright files stay. */
const LEFT_OUT = [
  'path-exclude=/usr/share/doc/*',
  'path-include=/usr/share/doc/*/copyright',
  'path-exclude=/usr/share/man/*',
  'path-exclude=/usr/share/info/*',
  'path-exclude=/usr/share/locale/*',
];

/**
 * The tar of a release's packages, unpacked and configured, and nothing of ours. Kept under the digest of everything that
 * it is made from, and made where it is absent (a minute). Needs root.
 */
export function prepareBase({ release, mirror, cacheDir, fresh, log }: BaseOptions): string {
  const sources = sourcesFor(release, mirror);
  const inputs = { format: FORMAT, suite: release.suite, packages: [...release.packages].sort(), sources };
  const key = createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
  const path = join(cacheDir, `base-${release.suite}-${key.slice(0, 16)}.tar`);
  if (!fresh && existsSync(path)) return path;
  if (!existsSync(release.keyring.file)) {
    throw new Error(`${release.keyring.file} is missing; type: apt-get install ${release.keyring.package}`);
  }
  log(`base root file system: ${release.suite}, ${release.packages.length} packages`);
  mkdirSync(cacheDir, { recursive: true });
  const temporary = join(cacheDir, `.${process.pid}-${key.slice(0, 16)}.tar`);
  try {
    runTool(
      'mmdebstrap',
      [
        '--mode=root',
        '--variant=minbase',
        '--architectures=amd64',
        `--keyring=${release.keyring.file}`,
        `--include=${release.packages.join(',')}`,
        ...LEFT_OUT.map(line => `--dpkgopt=${line}`),
        release.suite,
        temporary,
        '-',
      ],
      { input: sources.join('\n'), env: { SOURCE_DATE_EPOCH: EPOCH, DEBIAN_FRONTEND: 'noninteractive' } },
    );
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
  return path;
}

/** Lines of sources.list: the archive at `mirror` (a URL or a file of such lines), or null: as apt of this machine. */
export function sourcesFor(release: Release, mirror: string | null): string[] {
  return mirror === null ? sourcesOfThisMachine(release) : sourcesOf(mirror, release);
}

/** In a fixed order: the release, its updates and its security updates. */
function sourcesOfThisMachine(release: Release): string[] {
  const format = '$(CREATED_BY) $(RELEASE) deb $(REPO_URI) $(RELEASE) $(COMPONENT)';
  const wanted = suitesOf(release);
  const lines = runTool('apt-get', ['indextargets', '--format', format])
    .split('\n')
    .map(line => line.split(' '))
    .filter(([by, suite, ...entry]) => by === 'Packages' && wanted.includes(suite ?? '') && isOfArchive(entry, release))
    .map(([, , ...entry]) => entry.join(' '));
  if (lines.length > 0) return [...new Set(lines)].sort();
  throw new Error(
    `apt of this machine knows no packages of ${release.suite}; type: apt-get update, or name an archive of it by --mirror`,
  );
}

function isOfArchive(entry: readonly string[], release: Release): boolean {
  return release.archiveComponents.includes(entry.at(-1) ?? '');
}

function sourcesOf(mirror: string, release: Release): string[] {
  if (!/^[a-z]+:\/\//.test(mirror)) {
    const lines = readFileSync(mirror, 'utf8').split('\n');
    return lines.filter(line => /^deb\s/.test(line));
  }
  const components = release.archiveComponents.join(' ');
  return [`deb ${mirror} ${release.suite} ${components}`, `deb ${mirror} ${release.suite}-updates ${components}`];
}

function suitesOf({ suite }: Release): string[] {
  return [suite, `${suite}-updates`, `${suite}-security`];
}
