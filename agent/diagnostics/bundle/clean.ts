import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { redactStream } from '../redaction/redact-stream.ts';
import { type Redactor, Withheld } from '../redaction/redactor.ts';
import type { Collector } from './collector.ts';
import type { BundleEntry, Outcome } from './entry.ts';
import type { Raw } from './raw.ts';

/** An entry with what is in the bundle under its path; null where nothing is. */
export interface Clean {
  readonly entry: BundleEntry;
  readonly content: Buffer | null;
}

const pieceBytes = 256 * 1024;
const pack = promisify(gzip);

/**
 * What a collector brought after all four layers of the redaction: its own filter, the redactor over content, path,
 * source and reason, and the last scan over the result. Where any of them is not sure, nothing of the content is left.
 */
export async function clean(
  raw: Raw,
  { id, group, filter }: Pick<Collector, 'id' | 'group' | 'filter'>,
  redactor: Redactor,
  ms: number,
): Promise<Clean> {
  const said = {
    path: safePath(redactor.redact(raw.path)),
    group,
    collector: id,
    source: redactor.redact(raw.source),
    exitStatus: raw.exitStatus,
    ms,
  };
  const without = (outcome: Outcome, reason: string | null): Clean => ({
    entry: { ...said, outcome, bytes: 0, truncated: raw.truncated, redactions: {}, sha256: null, reason },
    content: null,
  });
  const reason = raw.reason === null ? null : redactor.redact(raw.reason);
  if (raw.content === null) return without(raw.outcome, reason);
  try {
    const filtered = filter === undefined ? raw.content : Buffer.from(filter(raw.content.toString('utf8')));
    const { text, redactions } = await redacted(filtered, redactor);
    const content = raw.packed ? await pack(text) : text;
    const sha256 = createHash('sha256').update(content).digest('hex');
    const { outcome, truncated } = raw;
    return { entry: { ...said, outcome, bytes: content.length, truncated, redactions, sha256, reason }, content };
  } catch (error) {
    // A fault in the redaction is no reason to ship what it did not finish.
    return without('withheld', error instanceof Withheld ? error.reason : 'it could not be redacted');
  }
}

/** Throws Withheld where the last scan finds anything in a text that is about to be shipped. */
export async function requireClean(text: Buffer, redactor: Redactor): Promise<void> {
  const scan = redactor.finalScan();
  for (const piece of pieces(text)) {
    scan.push(piece);
    await breathe();
  }
  const [hit] = scan.end();
  if (hit !== undefined) throw new Withheld(`the last scan found ${hit.rule} at byte ${hit.offset}`);
}

/** All four layers for what may itself be packed: a file in a log directory is whatever somebody put there. */
async function redacted(content: Buffer, redactor: Redactor) {
  const stream = redactStream(redactor, breathing(content));
  const parts: Uint8Array[] = [];
  for await (const piece of stream.pieces) parts.push(piece);
  return { text: Buffer.concat(parts), redactions: stream.redactions() };
}

async function* breathing(content: Buffer): AsyncGenerator<Buffer> {
  for (const piece of pieces(content)) {
    yield piece;
    await breathe();
  }
}

function* pieces(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += pieceBytes) yield content.subarray(at, at + pieceBytes);
}

/** No way out of the directory that the bundle is unpacked in, and no name that a terminal or a shell takes amiss. */
function safePath(path: string): string {
  return path
    .split('/')
    .filter(part => part !== '' && part !== '.' && part !== '..')
    .map(part => part.replace(/[^A-Za-z0-9._@+=,~-]/g, '_').slice(0, 200))
    .join('/');
}
