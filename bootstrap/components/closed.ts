import { AgentError } from '../errors.ts';
import type { Files } from '../host/host.ts';
import type { CheckContext, Finding } from './finding.ts';
import type { ClosedDirectory, Component, Manifest } from './manifest.ts';

const mostEntries = 10_000;

/** In a closed directory everything but what a component declares, or what is allowed by name, is a finding. */
export async function checkClosed(closed: ClosedDirectory, { host, manifest }: CheckContext): Promise<Finding[]> {
  const declared = declaredPaths(manifest);
  const about = { component: closed.path, kind: 'closed', group: null, repairable: false } as const;
  try {
    const { entries, whole } = await walk(closed.path, closed.allow, host.files);
    const unexpected = entries
      .filter(path => !declared.has(path))
      .map(
        path =>
          ({
            ...about,
            status: 'unexpected',
            problem: 'undeclared-file',
            observed: path,
            expected: `only what the manifest declares in ${closed.path}`,
            fix: `read ${path}; where it is not wanted: rm ${path}`,
          }) as const,
      );
    const findings: Finding[] = whole ? unexpected : [...unexpected.slice(0, 100), tooMany(closed.path)];
    if (findings.length > 0) return findings;
    return [{ ...about, status: 'ok', problem: 'none', observed: null, expected: null, fix: null }];
  } catch (error) {
    if (!(error instanceof AgentError) || error.code === 'E_BUG') throw error;
    const told = { observed: error.message, expected: `${closed.path}, readable`, fix: error.next };
    return [{ ...about, status: 'could-not-tell', problem: 'unreadable', ...told }];
  }
}

/** Every path that a component says must be there. */
export function declaredPaths({ components }: Pick<Manifest, 'components'>): Set<string> {
  return new Set(components.flatMap(pathsOf));
}

function pathsOf(component: Component): string[] {
  if (component.kind === 'containerd-image' || component.kind === 'package') return [];
  if (component.kind !== 'systemd-unit') return [component.path];
  return [component.path, ...component.dropIns.map(({ path }) => path)];
}

/** All that is no directory below `top`, never through a symlink, to a limit. */
async function walk(
  top: string,
  allow: readonly string[],
  files: Files,
): Promise<{ entries: string[]; whole: boolean }> {
  const entries: string[] = [];
  const open = [top];
  for (let directory = open.shift(); directory !== undefined; directory = open.shift()) {
    for (const name of (await files.list(directory)) ?? []) {
      if (directory === top && allow.includes(name)) continue;
      const path = `${directory}/${name}`;
      if ((await files.stat(path))?.type === 'directory') open.push(path);
      else entries.push(path);
      if (entries.length + open.length > mostEntries) return { entries, whole: false };
    }
  }
  return { entries, whole: true };
}

function tooMany(path: string): Finding {
  return {
    component: path,
    kind: 'closed',
    group: null,
    status: 'unexpected',
    problem: 'undeclared-many',
    observed: `more than ${mostEntries} entries`,
    expected: `only what the manifest declares in ${path}`,
    fix: `find ${path} | wc -l`,
    repairable: false,
  };
}
