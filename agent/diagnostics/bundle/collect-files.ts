import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AgentError } from '../../../bootstrap/errors.ts';
import { type Ends, keepEnds } from '../../../bootstrap/host/ends.ts';
import type { FileInfo } from '../../../bootstrap/host/host.ts';
import { readEnds } from '../../../bootstrap/host/read-ends.ts';
import type { CollectContext, Take } from './collect.ts';
import { type Collector, defaultLimitBytes, type Source } from './collector.ts';
import { endsLimit, joined, nothing, type Raw } from './raw.ts';

/** Of one tree, so that a directory with a thousand logs costs no more than it tells. */
const mostFiles = 60;
const mostTreeBytes = 24 * 1024 * 1024;
const mostDepth = 4;
const mostPackedBytes = 16 * 1024 * 1024;

/** One file: a log with its head and tail, a document whole or not at all. */
export async function collectFile(
  collector: Collector,
  { path, whole }: Extract<Source, { kind: 'file' }>,
  { host, signal }: CollectContext,
): Promise<Raw> {
  const { to, limitBytes = defaultLimitBytes } = collector;
  const isPacked = path.endsWith('.gz');
  const limit = isPacked ? { head: mostPackedBytes, tail: 0 } : endsLimit(limitBytes);
  const read = await readEnds(host.root, path, limit);
  if (read === null) return nothing(to, path, 'not-applicable', 'there is no such file');
  if (isPacked && read.omitted > 0) return nothing(to, path, 'withheld', `packed, and over ${mostPackedBytes} bytes`);
  const ends = isPacked ? await unpacked(read.head, limitBytes, signal) : read;
  if (ends === null) return nothing(to, path, 'withheld', 'it is not the gzip file that its name says');
  if (whole && ends.omitted > 0) return nothing(to, path, 'withheld', `it is over ${limitBytes} bytes`);
  return { ...nothing(to, path, 'ok', null), ...joined(ends), packed: isPacked };
}

/** The newest files of a tree that fit, sorted by name; what did not fit is said in one entry. */
export async function collectTree(
  collector: Collector,
  source: Extract<Source, { kind: 'tree' }>,
  context: CollectContext,
  take: Take,
): Promise<void> {
  const { directory, fits, whole } = source;
  const { since } = context;
  const found = await walk(context, directory, '', 0);
  const wanted = found
    .filter(({ name }) => fits.test(name))
    .filter(({ info }) => since === null || info.mtimeMs >= since.getTime())
    .toSorted((a, b) => b.info.mtimeMs - a.info.mtimeMs || (a.name < b.name ? -1 : 1));
  if (wanted.length === 0) {
    return take(nothing(collector.to, `${directory}/`, 'not-applicable', 'there is no such file below it'));
  }
  let taken = 0;
  let bytes = 0;
  for (const { name } of wanted.slice(0, mostFiles)) {
    if (bytes >= mostTreeBytes || context.signal.aborted) break;
    const at = { ...collector, to: `${collector.to}/${name}` };
    const raw = await collectFile(at, { kind: 'file', path: `${directory}/${name}`, whole }, context).catch(
      (error: unknown) => nothing(at.to, `${directory}/${name}`, 'failed', reasonOf(error)),
    );
    bytes += raw.content?.length ?? 0;
    taken += 1;
    await take(raw);
  }
  const rest = wanted.length - taken;
  const said = `${rest} older files are left out: a bundle takes ${mostFiles} of them, or ${mostTreeBytes} bytes`;
  if (rest > 0) await take({ ...nothing(collector.to, `${directory}/`, 'ok', said), truncated: true });
}

interface Found {
  /** From the tree's directory on. */
  readonly name: string;
  readonly info: FileInfo;
}

/** Regular files; links are not followed, so that nothing outside of the tree is taken for a part of it. */
async function walk(context: CollectContext, directory: string, prefix: string, depth: number): Promise<Found[]> {
  const { files } = context.host;
  const found: Found[] = [];
  for (const entry of (await files.list(`${directory}/${prefix}`)) ?? []) {
    if (context.signal.aborted) return found;
    const name = `${prefix}${entry}`;
    const info = await files.stat(`${directory}/${name}`);
    if (info?.type === 'file') found.push({ name, info });
    if (info?.type === 'directory' && depth < mostDepth) {
      found.push(...(await walk(context, directory, `${name}/`, depth + 1)));
    }
  }
  return found;
}

/** null: it is damaged, and what it holds cannot be told. */
async function unpacked(bytes: Buffer, limitBytes: number, signal: AbortSignal): Promise<Ends | null> {
  const kept = keepEnds(endsLimit(limitBytes));
  const plain = Readable.from([bytes]).pipe(createGunzip());
  try {
    for await (const chunk of plain) {
      // A file that unpacks without an end is left at the time limit.
      signal.throwIfAborted();
      kept.add(chunk as Buffer);
    }
    return kept.ends();
  } catch {
    return null;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof AgentError ? error.message : 'it could not be read';
}
