import type { Files } from '../../../../bootstrap/host/host.ts';
import type { Make } from '../collector.ts';
import { manifestOf } from './image-manifest.ts';

/** What is no longer as the signed manifest says. The comparison itself was made for `validate`. */
export const changesText: Make = async ({ reports, signal }) => {
  const report = await reports.validate(signal);
  if (report === null) return null;
  const { image, version, buildId, builtAt } = report.manifest;
  const changed = report.findings.filter(({ status }) => status !== 'ok');
  const lines = changed.map(
    ({ component, status, problem, observed, expected }) =>
      `${component}: ${status} (${problem})\n  here  ${observed ?? '-'}\n  image ${expected ?? '-'}`,
  );
  const head = `${image} ${version}, build ${buildId} of ${builtAt}: ${report.findings.length} compared, ${changed.length} differ`;
  return `${[head, ...lines].join('\n')}\n`;
};

const directories = ['/etc', '/usr/local', '/opt', '/usr/lib/systemd/system', '/root', '/var/spool/cron'] as const;
const mostFiles = 2000;
const mostDepth = 6;

/** Files that were written after the image was built, by name, size and time: never their content. */
export const newerFilesText: Make = async ({ host: { files }, signal }) => {
  const manifest = await manifestOf(files);
  if (manifest === null) return null;
  const builtMs = Date.parse(manifest.builtAt);
  const found: string[] = [];
  for (const directory of directories) await walk(files, directory, builtMs, 0, found, signal);
  const note = found.length < mostFiles ? [] : [`[conjurer: only the first ${mostFiles} are listed]`];
  return `${[`written after ${manifest.builtAt}: ${found.length}`, ...found, ...note].join('\n')}\n`;
};

async function walk(
  files: Files,
  directory: string,
  builtMs: number,
  depth: number,
  found: string[],
  signal: AbortSignal,
): Promise<void> {
  for (const name of (await files.list(directory).catch(() => null)) ?? []) {
    if (signal.aborted || found.length >= mostFiles) return;
    const path = `${directory}/${name}`;
    const info = await files.stat(path).catch(() => null);
    if (info === null) continue;
    if (info.type === 'directory' && depth < mostDepth) await walk(files, path, builtMs, depth + 1, found, signal);
    if (info.type === 'directory' || info.mtimeMs <= builtMs) continue;
    found.push(`${new Date(info.mtimeMs).toISOString()}  ${String(info.size).padStart(9)}  ${path}`);
  }
}
