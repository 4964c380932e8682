import { ArchiveProblem, shown } from './archive-problem.ts';

export const blockBytes = 512;

/** One 512-byte header as it stands; extended headers (pax, GNU) say more about the entry after them. */
export interface TarHeader {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly linkName: string;
}

/** null: a block of zeros, which ends the archive. Throws ArchiveProblem. */
export function parseHeader(block: Buffer): TarHeader | null {
  const sum = Number.parseInt(readText(block, 148, 8).trim(), 8);
  const { unsigned, signed } = checksums(block);
  if (unsigned === 8 * 0x20) return null;
  if (sum !== unsigned && sum !== signed) {
    throw new ArchiveProblem('archive-damaged', 'a header whose checksum is wrong', 'a tar archive');
  }
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? readText(block, 345, 155) : '';
  const name = readText(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: String.fromCharCode(block[156] ?? 0),
    size: readNumber(block, 124, 12),
    linkName: readText(block, 157, 100),
  };
}

/** The records of a pax header that change how the entry is read. Throws ArchiveProblem. */
export function parsePax(body: Buffer): { path?: string; linkpath?: string; size?: number } {
  const found: { path?: string; linkpath?: string; size?: number } = {};
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const digits = space < 0 ? '' : body.toString('latin1', at, space);
    const length = /^[1-9]\d{0,7}$/.test(digits) ? Number(digits) : 0;
    const record = body.subarray(space + 1, at + length);
    const equals = record.indexOf(0x3d);
    if (length === 0 || at + length > body.length || equals < 1 || record.at(-1) !== 0x0a) {
      throw new ArchiveProblem(
        'archive-damaged',
        'an extended header that cannot be read',
        'records of length and key',
      );
    }
    const key = record.toString('utf8', 0, equals);
    const value = record.toString('utf8', equals + 1, record.length - 1);
    if (key === 'path' || key === 'linkpath') found[key] = value;
    else if (key === 'size') found.size = paxSize(value);
    else if (key.startsWith('GNU.sparse.')) throw sparse();
    at += length;
  }
  return found;
}

export function sparse(): ArchiveProblem {
  return new ArchiveProblem(
    'archive-not-supported',
    'an entry that is a sparse file',
    'plain files, as image tools write',
  );
}

function paxSize(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw absurdSize(value);
  return Number(value);
}

function absurdSize(seen: string): ArchiveProblem {
  return new ArchiveProblem('archive-too-large', `an entry of ${shown(seen)} bytes`, 'a size that a file can have');
}

/** Octal digits, or with the first bit set a big-endian number. */
function readNumber(block: Buffer, at: number, length: number): number {
  const field = block.subarray(at, at + length);
  const first = field[0] ?? 0;
  if (first < 0x80) {
    const digits = readText(block, at, length).trim();
    if (!/^[0-7]*$/.test(digits)) {
      throw new ArchiveProblem('archive-damaged', 'a header with a number that is none', 'a tar archive');
    }
    return Number.parseInt(digits === '' ? '0' : digits, 8);
  }
  let value = BigInt(first & 0x7f);
  for (const byte of field.subarray(1)) value = (value << 8n) | BigInt(byte);
  if (first !== 0x80 || value > 1n << 50n) throw absurdSize(first === 0xff ? 'a negative number of' : `${value}`);
  return Number(value);
}

function readText(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(0, at);
  return block.toString('utf8', at, end < 0 || end > at + length ? at + length : end);
}

/** Both ways in which tars have summed: bytes as unsigned, and as signed numbers; the field itself as spaces. */
function checksums(block: Buffer): { unsigned: number; signed: number } {
  let unsigned = 0;
  let signed = 0;
  for (let index = 0; index < blockBytes; index++) {
    const byte = index >= 148 && index < 156 ? 0x20 : (block[index] ?? 0);
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  return { unsigned, signed };
}
