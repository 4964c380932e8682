import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { redactStream } from '../redaction/redact-stream.ts';
import { type Redactor, Withheld } from '../redaction/redactor.ts';
import type { Notice } from '../report/notice.ts';
import type { Collector } from './collector.ts';
import type { BundleEntry, Outcome } from './entry.ts';
import type { Raw } from './raw.ts';
import { startBody, type TarBody } from './tar-member.ts';

/** An entry with what is in the bundle under its path, packed. */
export interface Clean {
  readonly entry: BundleEntry;
  /** null where nothing is. */
  readonly body: TarBody | null;
  /** Whether the report may find anything in it. */
  readonly isTelling: boolean;
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
  { redactor, notice }: { readonly redactor: Redactor; notice(path: string): Notice },
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
    body: null,
    isTelling: false,
  });
  const reason = raw.reason === null ? null : redactor.redact(raw.reason);
  if (raw.content === null) return without(raw.outcome, reason);
  const body = startBody();
  try {
    const filtered = filter === undefined ? raw.content : Buffer.from(filter(raw.content.toString('utf8')));
    const looking = notice(said.path);
    const hash = createHash('sha256');
    const stream = redactStream(redactor, breathing(filtered));
    for await (const piece of raw.packed ? packedText(stream.pieces, looking) : looked(stream.pieces, looking)) {
      hash.update(piece);
      await body.add(piece);
    }
    const ended = await body.end();
    const about = { bytes: ended.bytes, redactions: stream.redactions(), sha256: hash.digest('hex'), reason };
    const { outcome, truncated } = raw;
    return { entry: { ...said, outcome, truncated, ...about }, body: ended, isTelling: looking.isTelling() };
  } catch (error) {
    body.discard();
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

async function* looked(pieces: AsyncIterable<Uint8Array>, notice: Notice): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    notice.look(piece);
    yield piece;
  }
}

/** A log that was packed is small once it is packed again. */
async function* packedText(pieces: AsyncIterable<Uint8Array>, notice: Notice): AsyncGenerator<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of looked(pieces, notice)) parts.push(piece);
  yield await pack(Buffer.concat(parts));
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
