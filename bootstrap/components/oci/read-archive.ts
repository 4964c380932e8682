import { createHash } from 'node:crypto';
import type { FileInfo } from '../../host/host.ts';
import { type OpenedFile, openForReading } from '../../host/opened-file.ts';
import type { Progress } from '../finding.ts';
import { ArchiveProblem } from './archive-problem.ts';
import { type Budget, compressionOf, createBudget, unpacked } from './compression.ts';
import { type Contents, createContents } from './contents.ts';
import { createTarReader, type TarReader } from './tar-reader.ts';

export interface ReadArchive {
  /** Of the file as it lies there, whatever is wrong with what it holds. */
  readonly sha256: string;
  readonly info: FileInfo;
  readonly contents: Contents;
  /** Why the archive was not believed to its end; `contents` is what came before. */
  readonly problem: ArchiveProblem | null;
}

export interface ReadArchiveOptions {
  readonly root: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const pieceBytes = 512 * 1024;

/**
 * Reads an archive (tar, plain or compressed with gzip or zstd) once, from its first byte to its last: the hash of the
 * file and of every file in it. Memory and time are bounded whatever the archive claims. null: there is none. Throws
 * AgentError E_HOST_FILE and E_FILE_CHANGED, and the signal's reason.
 */
export async function readArchive(path: string, options: ReadArchiveOptions): Promise<ReadArchive | null> {
  const file = await openForReading(options.root, path);
  if (file === null) return null;
  try {
    const hash = createHash('sha256');
    const budget = createBudget(file.info.size);
    const { contents, ...sink } = createContents(budget);
    options.progress.expect(file.info.size);
    const next = inTurn(file, piece => hash.update(piece), options);
    const problem = await walk(next, createTarReader(sink), budget);
    // The hash of the file counts even where its content does not.
    while ((await next()) !== null);
    await file.requireUnchanged();
    return { sha256: hash.digest('hex'), info: file.info, contents, problem };
  } finally {
    await file.close();
  }
}

/** The next piece of the file, null at its end; the piece before may not be in use any more if `buffer` is given. */
type Next = (buffer?: Buffer) => Promise<Buffer | null>;

/** One read at a time, in order, also where a reader was given up with a read under way. */
function inTurn(file: OpenedFile, seen: (piece: Buffer) => void, { progress, signal }: ReadArchiveOptions): Next {
  let last: Promise<unknown> = Promise.resolve();
  const read = async (buffer: Buffer) => {
    signal.throwIfAborted();
    const count = await file.read(buffer);
    const piece = buffer.subarray(0, count);
    seen(piece);
    progress.read(count);
    return count === 0 ? null : piece;
  };
  return (buffer = Buffer.allocUnsafeSlow(pieceBytes)) => {
    const piece = last.then(() => read(buffer));
    last = piece.catch(() => undefined);
    return piece;
  };
}

async function walk(next: Next, tar: TarReader, budget: Budget): Promise<ArchiveProblem | null> {
  try {
    const buffer = Buffer.allocUnsafeSlow(pieceBytes);
    const first = await next(buffer);
    const compression = first === null ? 'none' : compressionOf(first);
    if (compression === 'none') {
      for (let piece = first; piece !== null; piece = await next(buffer)) await tar.push(piece);
    } else {
      for await (const piece of unpacked(piecesFrom(first, next), compression, budget)) await tar.push(piece);
    }
    tar.end();
    return null;
  } catch (error) {
    if (error instanceof ArchiveProblem) return error;
    throw error;
  }
}

async function* piecesFrom(first: Buffer | null, next: Next): AsyncGenerator<Buffer> {
  for (let piece = first; piece !== null; piece = await next()) yield piece;
}
