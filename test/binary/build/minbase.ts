import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The root file system, or why there is none. */
export type Minbase =
  | { readonly path: string; readonly obstacle: null }
  | { readonly path: null; readonly obstacle: string };

/**
 * A Debian or Ubuntu of the priority "required" and apt, nothing added, of this machine's own release and from its own
 * mirror. Made once (about a minute) and kept outside the tree, by release.
 */
export function prepareMinbase(): Minbase {
  return prepareRootFileSystem('minbase', []);
}

/** The same with further packages, under a name of its own; `release`: another one than this machine's, by its mirror. */
export function prepareRootFileSystem(name: string, packages: readonly string[], release?: string): Minbase {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'conjurer');
  const own = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  if (own === undefined || !hasProgram('apt-get')) return none('this is no Debian or Ubuntu');
  const suite = release ?? own;
  const path = join(cache, `${name}-${suite}-${process.arch}`);
  if (existsSync(path)) return { path, obstacle: null };
  if (process.getuid?.() !== 0) return none('making a root file system needs root');
  if (!hasProgram('mmdebstrap') && !install('mmdebstrap')) return none('apt-get install mmdebstrap failed');
  const sources = listSources(own).map(line => line.replace(` ${own} `, ` ${suite} `));
  if (sources.length === 0) return none(`apt knows no package source of ${own}; type: apt-get update`);
  mkdirSync(cache, { recursive: true });
  const temporary = `${path}.${process.pid}`;
  const include = packages.length === 0 ? [] : [`--include=${packages.join(',')}`];
  const { status, stderr } = spawnSync(
    'mmdebstrap',
    ['--variant=minbase', '--mode=root', ...include, suite, temporary, '-'],
    { input: sources.join('\n'), encoding: 'utf8' },
  );
  if (status !== 0) {
    rmSync(temporary, { recursive: true, force: true });
    return none(`mmdebstrap ended with ${status}: ${stderr.trim().split('\n').at(-1)}`);
  }
  if (existsSync(path)) rmSync(temporary, { recursive: true });
  else renameSync(temporary, path);
  return { path, obstacle: null };
}

function none(obstacle: string): Minbase {
  return { path: null, obstacle };
}

function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}

function install(name: string): boolean {
  spawnSync('apt-get', ['update'], { stdio: 'ignore' });
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return (
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', name], { stdio: 'ignore', env }).status === 0
  );
}

/** The machine's own sources of this release, as lines of sources.list. */
function listSources(suite: string): string[] {
  const format = '$(CREATED_BY) $(CODENAME) deb $(REPO_URI) $(RELEASE) $(COMPONENT)';
  return execFileSync('apt-get', ['indextargets', '--format', format], { encoding: 'utf8' })
    .split('\n')
    .filter(line => line.startsWith(`Packages ${suite} `))
    .map(line => line.split(' ').slice(2).join(' '));
}
