import { isUtf8 } from 'node:buffer';
import type { Change, FileChange, NetworkChange, SecretFileChange, UnitChange } from '../../bootstrap/change.ts';
import { describeRuleset } from '../../bootstrap/changes/ruleset.ts';
import type { Host } from '../../bootstrap/host/host.ts';

const publicMode = 0o004;
const contextLines = 2;

/** What a change would do to the host as it is now, in lines for a person. The content of a secret is never among them. */
export async function describeChange(change: Change, host: Host): Promise<string[]> {
  switch (change.kind) {
    case 'file':
      return describeFile(change, host);
    case 'secret-file':
      return describeSecret(change, host);
    case 'unit':
      return describeUnit(change, host);
    case 'ruleset':
      return describeRuleset(change, host);
    case 'network':
      return describeNetwork(change, host);
    case 'service-file':
      return describeFile({ ...change, kind: 'file' }, host);
    case 'hostname':
      return [`- ${(await host.files.readText('/etc/hostname'))?.trim() ?? ''}`, `+ ${change.name}`];
    case 'proxy-file':
      return [
        ...(await describePresent(change.path, host)),
        ...(change.sha256 === null ? [] : [`+ ${change.path} (0600): the proxy in force (sha256 ${change.sha256})`]),
      ];
    case 'symlink':
      return [...(await describePresent(change.path, host)), `+ ${change.path} -> ${change.target}`];
    default:
      return Object.entries(change)
        .filter(([key]) => key !== 'kind' && key !== 'id')
        .map(([key, value]) => `+ ${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  }
}

async function describeFile(change: FileChange, host: Host): Promise<string[]> {
  const { path, mode, content } = change;
  const info = await host.files.stat(path);
  const wanted = content === null ? [] : [`+++ ${path} (${octal(mode)})`];
  if (info === null) return [...wanted, ...linesOf(content ?? '').map(line => `+ ${line}`)];
  const present = info.type === 'file' ? await host.files.read(path) : null;
  if (present === null || !isUtf8(present) || (info.mode & publicMode) === 0) {
    return [
      ...(await describePresent(path, host)),
      ...wanted,
      ...(content === null ? [] : linesOf(content).map(line => `+ ${line}`)),
    ];
  }
  const header = [`--- ${path} (${octal(info.mode)})`, ...wanted];
  const before = present.toString('utf8');
  if (content !== null && before !== content && before.trimEnd() === content.trimEnd()) {
    return [...header, '  (only white space at the end differs)'];
  }
  return [...header, ...changedLines(linesOf(before), linesOf(content ?? ''))];
}

/** The files as if all could be read by everyone: our own hold no secret, and to see what goes is what a plan is for. */
async function describeNetwork({ files, moves, gone }: NetworkChange, host: Host): Promise<string[]> {
  const lines = moves.flatMap(({ from, to }) => [`- ${from}`, `+ ${to} (the same, no longer in force)`]);
  for (const { path, mode, content } of files) {
    const before = await host.files.readText(path);
    const changed = changedLines(linesOf(before ?? ''), linesOf(content ?? ''));
    if (before === content) continue;
    lines.push(
      ...(before === null ? [] : [`--- ${path}`]),
      ...(content === null ? [] : [`+++ ${path} (${octal(mode)})`]),
      ...changed,
    );
  }
  return [...lines, ...gone.map(name => `- interface ${name}`)];
}

async function describeSecret({ path, mode, source }: SecretFileChange, host: Host): Promise<string[]> {
  const present = await describePresent(path, host);
  if (source === null) return present;
  const what =
    'generate' in source
      ? 'a new P-256 key, made on this machine'
      : `a copy of ${source.from} (sha256 ${source.sha256})`;
  return [...present, `+ ${path} (${octal(mode)}): ${what}`];
}

async function describeUnit({ unit, enabled, active }: UnitChange, host: Host): Promise<string[]> {
  const state = await host.units.state(unit);
  const lines = (wanted: boolean | undefined, now: boolean, yes: string, no: string) =>
    wanted === undefined || wanted === now ? [] : [`- ${unit}: ${now ? yes : no}`, `+ ${unit}: ${wanted ? yes : no}`];
  return [
    ...lines(enabled, state.enabled, 'enabled', 'disabled'),
    ...lines(active, state.active, 'active', 'inactive'),
  ];
}

/** What is at a path now, without its content. */
async function describePresent(path: string, host: Host): Promise<string[]> {
  const info = await host.files.stat(path);
  if (info === null) return [];
  if (info.type === 'symlink') return [`- ${path} -> ${await host.files.readlink(path)}`];
  return [`- ${path} (${octal(info.mode)}): ${info.size} bytes, not shown`];
}

/** The lines between the first and the last that differ, with a little of what lies around them. */
function changedLines(before: readonly string[], after: readonly string[]): string[] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  if (head === before.length && head === after.length) return [];
  const lead = before.slice(Math.max(0, head - contextLines), head);
  const trail = before.slice(before.length - tail, before.length - tail + contextLines);
  return [
    ...lead.map(line => `  ${line}`),
    ...before.slice(head, before.length - tail).map(line => `- ${line}`),
    ...after.slice(head, after.length - tail).map(line => `+ ${line}`),
    ...trail.map(line => `  ${line}`),
  ];
}

function linesOf(text: string): string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
