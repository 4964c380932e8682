import { createHash } from 'node:crypto';
import type { Transform } from 'node:stream';
import { type Budget, type Compression, compressionOf, decompressor, problemOf } from './compression.ts';

/** What is known of a file in the archive once its last byte went by. */
export interface StoredFile {
  readonly size: number;
  readonly sha256: string;
  /** Only of what lies below `blobs/sha512/`. */
  readonly sha512: string | null;
  /** The hash of what it unpacks to; null: it is not compressed, or is a blob, which goes by the hash of its own bytes. */
  readonly unpackedSha256: string | null;
  /** The bytes of a small file that looks like JSON, as far as there was room. */
  readonly json: Buffer | null;
}

export interface EntryHasher {
  /** The piece may be reused when the promise is settled. */
  write(piece: Buffer): Promise<void> | undefined;
  end(): Promise<StoredFile>;
}

/** The largest manifest, index or config that is looked into; real ones have some kilobytes. */
const largestJson = 4 * 1024 * 1024;
/** The first bytes tell whether it is compressed. */
const magicBytes = 4;

/** Hashes one file of an archive. @param room bytes that may be kept of it */
export function createEntryHasher(name: string, size: number, room: number, budget: Budget): EntryHasher {
  const sha256 = createHash('sha256');
  const sha512 = name.startsWith('blobs/sha512/') ? createHash('sha512') : null;
  const isBlob = name.startsWith('blobs/');
  let start: Buffer | null = Buffer.alloc(0);
  let json: Buffer[] | null = null;
  let unpacker: Unpacker | null = null;

  /** Once the first bytes are together. */
  function begin(first: Buffer): void {
    const looksLikeJson = first[0] === 0x7b || first[0] === 0x5b;
    if (looksLikeJson && size <= Math.min(largestJson, room)) json = [];
    const compression = isBlob ? 'none' : compressionOf(first);
    if (compression !== 'none') unpacker = createUnpacker(compression, budget);
  }

  function take(piece: Buffer): Promise<void> | undefined {
    sha256.update(piece);
    sha512?.update(piece);
    json?.push(Buffer.from(piece));
    return unpacker?.write(piece);
  }

  return {
    write(piece) {
      if (start === null) return take(piece);
      const first = start.length === 0 ? piece : Buffer.concat([start, piece]);
      if (first.length < Math.min(magicBytes, size)) {
        start = Buffer.from(first);
        return undefined;
      }
      start = null;
      begin(first);
      return take(first);
    },
    async end() {
      return {
        size,
        sha256: sha256.digest('hex'),
        sha512: sha512?.digest('hex') ?? null,
        unpackedSha256: (await unpacker?.end()) ?? null,
        json: json === null ? null : Buffer.concat(json),
      };
    },
  };
}

interface Unpacker {
  write(piece: Buffer): Promise<void>;
  end(): Promise<string>;
}

/** The hash of what a compressed stream unpacks to, held in pieces only. */
function createUnpacker(compression: Exclude<Compression, 'none'>, budget: Budget): Unpacker {
  const hash = createHash('sha256');
  const stream: Transform = decompressor(compression);
  const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
  // Whoever writes or ends is told; nobody else needs to be.
  finished.catch(() => undefined);
  stream.on('data', (piece: Buffer) => {
    try {
      budget.take(piece.length);
      hash.update(piece);
    } catch (error) {
      stream.destroy(error instanceof Error ? error : undefined);
    }
  });
  stream.on('end', resolve);
  stream.on('error', error => reject(problemOf(error, compression)));
  const written = (piece: Buffer) =>
    new Promise<void>(done => {
      stream.write(piece, () => done());
    });
  return {
    write: piece => Promise.race([written(piece), finished]),
    async end() {
      stream.end();
      await finished;
      return hash.digest('hex');
    },
  };
}
