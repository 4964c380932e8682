import { ArchiveProblem, shown } from './archive-problem.ts';
import { blockBytes, parseHeader, parsePax, sparse, type TarHeader } from './tar-header.ts';

export interface TarEntry {
  /** Relative, without `.` and `..`. */
  readonly name: string;
  readonly type: 'file' | 'link' | 'other';
  readonly size: number;
  /** Of a link: the entry that it leads to. */
  readonly target: string | null;
}

export interface TarSink {
  entry(entry: TarEntry): void;
  /** The entry's bytes in pieces, valid until what it gives back is settled. */
  data(piece: Buffer): Promise<void> | undefined;
  entryEnd(): Promise<void> | undefined;
}

export interface TarReader {
  /** Throws ArchiveProblem. What follows the archive's end is ignored. */
  push(piece: Buffer): Promise<void>;
  /** Throws ArchiveProblem where the archive stops in the middle of an entry. */
  end(): void;
}

const mostEntries = 50_000;
const largestExtendedHeader = 64 * 1024;

type Extended = { path?: string; linkpath?: string; size?: number };

/**
 * Reads a tar archive in whatever pieces it comes, and holds no more of it than a header. tar-stream would be the library
 * for it, but collects an extended header of any size in memory.
 */
export function createTarReader(sink: TarSink): TarReader {
  const gathered = Buffer.alloc(blockBytes);
  let have = 0;
  let entries = 0;
  let ended = false;
  let left = 0;
  let padding = 0;
  let current: TarEntry | null = null;
  let meta: { readonly type: string; readonly body: Buffer } | null = null;
  let extended: Extended = {};

  function onHeader(header: TarHeader | null): Promise<void> | undefined {
    if (header === null) {
      ended = true;
      return undefined;
    }
    entries += 1;
    if (entries > mostEntries) {
      throw new ArchiveProblem(
        'archive-too-many-entries',
        `more than ${mostEntries} entries`,
        `at most ${mostEntries}`,
      );
    }
    if (header.type === 'S') throw sparse();
    if ('xgLK'.includes(header.type)) return onExtendedHeader(header);
    const { path = header.name, linkpath = header.linkName, size = header.size } = extended;
    extended = {};
    return begin(toEntry(path, header.type, linkpath, size));
  }

  function onExtendedHeader({ type, size }: TarHeader): Promise<void> | undefined {
    if (size > largestExtendedHeader) {
      throw new ArchiveProblem('archive-too-large', `an extended header of ${size} bytes`, `${largestExtendedHeader}`);
    }
    meta = { type, body: Buffer.alloc(size) };
    return begin(null, size);
  }

  function begin(entry: TarEntry | null, size = entry?.size ?? 0): Promise<void> | undefined {
    current = entry;
    left = size;
    padding = (blockBytes - (size % blockBytes)) % blockBytes;
    if (entry !== null) sink.entry(entry);
    return left === 0 ? finish() : undefined;
  }

  function finish(): Promise<void> | undefined {
    if (current !== null) {
      current = null;
      return sink.entryEnd();
    }
    if (meta === null) return undefined;
    const { type, body } = meta;
    meta = null;
    if (type === 'x') extended = { ...extended, ...parsePax(body) };
    if (type === 'L') extended = { ...extended, path: untilNul(body) };
    if (type === 'K') extended = { ...extended, linkpath: untilNul(body) };
    return undefined;
  }

  async function takeData(piece: Buffer): Promise<void> {
    if (meta !== null) piece.copy(meta.body, meta.body.length - left);
    else if (current !== null) await sink.data(piece);
    left -= piece.length;
    if (left === 0) await finish();
  }

  return {
    async push(piece) {
      let at = 0;
      while (at < piece.length && !ended) {
        if (left > 0) {
          const count = Math.min(left, piece.length - at);
          await takeData(piece.subarray(at, at + count));
          at += count;
        } else if (padding > 0) {
          const count = Math.min(padding, piece.length - at);
          padding -= count;
          at += count;
        } else {
          const count = piece.copy(gathered, have, at, at + blockBytes - have);
          have += count;
          at += count;
          if (have < blockBytes) return;
          have = 0;
          await onHeader(parseHeader(gathered));
        }
      }
    },
    end() {
      const inEntry = current === null ? '' : ` in ${shown(current.name)}`;
      if (left > 0 || have > 0 || (meta === null && Object.keys(extended).length > 0)) {
        throw new ArchiveProblem('archive-truncated', `the archive stops${inEntry}`, `${left} more bytes there`);
      }
      if (entries === 0) throw new ArchiveProblem('archive-damaged', 'no entry', 'a tar archive with an image');
    },
  };
}

function toEntry(path: string, type: string, linkName: string, size: number): TarEntry {
  const name = safeName(path);
  if (type === '1') return { name, type: 'link', size: 0, target: safeName(linkName) };
  if (type === '2') return { name, type: 'link', size: 0, target: safeName(linkName, parentOf(name)) };
  if ('3456'.includes(type)) return { name, type: 'other', size: 0, target: null };
  const isFile = '0\x007'.includes(type) && !path.endsWith('/');
  return { name, type: isFile ? 'file' : 'other', size, target: null };
}

/** The parts of a path that stay inside the archive, joined again. */
function safeName(path: string, from: readonly string[] = []): string {
  const parts = [...from];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (from.length === 0 || parts.pop() === undefined) throw unsafe(path);
  }
  if (path.startsWith('/') || path.includes('\0')) throw unsafe(path);
  return parts.join('/');
}

function parentOf(name: string): string[] {
  return name.split('/').slice(0, -1);
}

function unsafe(path: string): ArchiveProblem {
  return new ArchiveProblem('archive-unsafe-path', `an entry named ${shown(path)}`, 'names inside the archive');
}

function untilNul(body: Buffer): string {
  const end = body.indexOf(0);
  return body.toString('utf8', 0, end < 0 ? body.length : end);
}
