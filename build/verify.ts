import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readIfThere, sha256 } from './output.ts';
import type { Stamp } from './stamp.ts';

/** Two builds that share nothing but their sources: other folder, depth, temporary folder, time zone, language, file mode. */
const PLACES = [
  { folder: 'a', umask: '022', env: { TZ: 'UTC', LC_ALL: 'C' } },
  { folder: 'b/at/another/depth', umask: '077', env: { TZ: 'Pacific/Auckland', LC_ALL: 'C.UTF-8', HOME: '/' } },
];

/** Builds the tree twice more, elsewhere, and throws with every file of dist/ that is not the same in all three. */
export function verifyBuild(root: string, stamp: Stamp, hostOnly: boolean): string[] {
  const parent = join(root, '.cache', 'verify');
  rmSync(parent, { recursive: true, force: true });
  try {
    const copies = PLACES.map(place => {
      const copy = join(parent, place.folder);
      copyTree(root, copy);
      buildCopy(copy, place, stamp, hostOnly);
      return copy;
    });
    return compare([root, ...copies].map(tree => join(tree, 'dist')));
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

function compare(folders: readonly string[]): string[] {
  const files = [...new Set(folders.flatMap(folder => readdirSync(folder)))].sort();
  const different = files.filter(file => {
    const digests = folders.map(folder => sha256(readIfThere(join(folder, file)) ?? ''));
    return new Set(digests).size !== 1;
  });
  if (different.length > 0)
    throw new Error(`not reproducible: ${different.join(', ')} of dist/ differ between builds of one tree`);
  return files;
}

function buildCopy(copy: string, place: (typeof PLACES)[number], stamp: Stamp, hostOnly: boolean): void {
  const temporary = join(copy, '.cache', 'tmp');
  mkdirSync(temporary, { recursive: true });
  const args = [
    '--commit',
    stamp.commit,
    ...(stamp.builtAt === null ? [] : ['--built-at', stamp.builtAt]),
    ...(hostOnly ? ['--host-only'] : []),
  ];
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', `umask ${place.umask} && exec "$@"`, 'sh', process.execPath, 'build.mjs', ...args],
    {
      cwd: copy,
      env: { PATH: process.env.PATH, TMPDIR: temporary, ...place.env },
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`the build in ${copy} failed: ${stderr}`);
}

/** The sources as they are now, and the packages as hard links: esbuild resolves symbolic ones to where they point. */
function copyTree(root: string, copy: string): void {
  for (const file of listSources(root)) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    copyFileSync(join(root, file), join(copy, file));
  }
  execFileSync('cp', ['-al', join(root, 'node_modules'), copy]);
  const fetched = join(root, '.cache', 'node');
  mkdirSync(join(copy, '.cache'));
  if (existsSync(fetched)) execFileSync('cp', ['-al', fetched, join(copy, '.cache')]);
}

function listSources(root: string): string[] {
  const folders = ['agent', 'bootstrap', 'build', 'docs'];
  return [
    ...folders.flatMap(folder =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(entry => join(entry.parentPath, entry.name).slice(root.length + 1)),
    ),
    ...readdirSync(root, { withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => entry.name),
  ];
}
