import { Readable } from 'node:stream';
import { createGunzip, createGzip, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { type Packed, packedAs } from './packed.ts';
import { redactTar } from './redact-tar.ts';
import { type Redactions, type Redactor, Withheld } from './redactor.ts';

export interface StreamLimits {
  /** Bytes after unpacking, all layers together. */
  readonly unpackedBytes: number;
  /** How many layers of packing: a .tar.gz has two. */
  readonly depth: number;
}

export interface RedactedStream {
  /** To be read to its end. Throws Withheld: then nothing of what came before may be shipped. */
  readonly pieces: AsyncIterable<Uint8Array>;
  /** What was taken out, once `pieces` has ended. */
  redactions(): Redactions;
}

/** What is left to unpack and what was found, for all layers of one file. */
interface Budget {
  bytesLeft: number;
  readonly counts: Record<string, number>;
}

const defaultLimits: StreamLimits = { unpackedBytes: 1024 * 1024 * 1024, depth: 8 };

/**
 * A file of any kind by its first bytes: text is redacted; gzip and zstd are opened, redacted and packed again; so is each
 * member of a tar, whose name goes through the redactor too. The last scan looks at all text. A file that is packed in
 * another way, is damaged, or unpacks to more than allowed is withheld.
 */
export function redactStream(
  redactor: Redactor,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  limits: StreamLimits = defaultLimits,
): RedactedStream {
  const budget: Budget = { bytesLeft: limits.unpackedBytes, counts: {} };
  return { pieces: redactPieces(redactor, source, limits.depth, budget), redactions: () => budget.counts };
}

async function* redactPieces(
  redactor: Redactor,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  depth: number,
  budget: Budget,
): AsyncGenerator<Uint8Array> {
  const { head, whole } = await withHead(source);
  const kind = packedAs(head);
  if (kind === 'text') return yield* redactedText(redactor, counted(whole, budget), budget);
  if (kind === 'unknown') throw new Withheld('it is packed in a way that cannot be opened');
  if (depth <= 0) throw new Withheld('too many archives within each other');
  if (kind === 'tar') {
    const member = (content: Uint8Array) => redactPieces(redactor, [content], depth - 1, budget);
    return yield* redactTar(counted(whole, budget), redactor.redact, member);
  }
  yield* packedAgain(kind, redactPieces(redactor, unpacked(kind, whole), depth - 1, budget));
}

async function* redactedText(
  redactor: Redactor,
  source: AsyncIterable<Uint8Array>,
  budget: Budget,
): AsyncGenerator<Uint8Array> {
  const file = redactor.file();
  const scan = redactor.finalScan();
  for await (const piece of source) {
    const clean = file.push(piece);
    scan.push(clean);
    if (clean.length > 0) yield clean;
  }
  const { rest, redactions } = file.end();
  scan.push(rest);
  const [hit] = scan.end();
  if (hit !== undefined) throw new Withheld(`the last scan found ${hit.rule} at byte ${hit.offset}`);
  for (const [rule, times] of Object.entries(redactions)) budget.counts[rule] = (budget.counts[rule] ?? 0) + times;
  yield rest;
}

async function* unpacked(kind: Exclude<Packed, 'tar'>, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const opened = Readable.from(source).pipe(kind === 'gzip' ? createGunzip() : createZstdDecompress());
  try {
    for await (const piece of opened) yield piece as Buffer;
  } catch {
    throw new Withheld(`it is damaged ${kind}`);
  }
}

async function* packedAgain(
  kind: Exclude<Packed, 'tar'>,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const from = Readable.from(source, { objectMode: false });
  const packer = kind === 'gzip' ? createGzip() : createZstdCompress();
  from.on('error', error => packer.destroy(error));
  for await (const piece of from.pipe(packer)) yield piece as Buffer;
}

async function* counted(source: AsyncIterable<Uint8Array>, budget: Budget): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    budget.bytesLeft -= piece.length;
    if (budget.bytesLeft < 0) throw new Withheld('it unpacks to more than is allowed');
    yield piece;
  }
}

const headBytes = 512;

/** The first 512 bytes, and all pieces again. */
async function withHead(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  const rest = (async function* () {
    yield* source;
  })();
  const first: Uint8Array[] = [];
  let length = 0;
  while (length < headBytes) {
    const next = await rest.next();
    if (next.done === true) break;
    first.push(next.value);
    length += next.value.length;
  }
  const whole = (async function* () {
    yield* first;
    yield* rest;
  })();
  return { head: Buffer.concat(first).subarray(0, headBytes), whole };
}
