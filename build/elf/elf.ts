/** One entry of the program header table: what the loader maps or reads. Offsets, addresses and sizes in bytes. */
export interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly align: number;
}

/** One entry of the section header table: what debuggers and binutils read. The loader ignores it. */
export interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly align: number;
  readonly entrySize: number;
}

/** A 64-bit little-endian ELF file. `bytes` is the file itself: writing into it changes the file. */
export interface Elf {
  readonly bytes: Buffer;
  readonly machine: Machine;
  readonly segmentTable: number;
  readonly segments: readonly Segment[];
  readonly sections: readonly Section[];
}

export type Machine = 'x64' | 'arm64';

export const PT = { load: 1, dynamic: 2, interp: 3, note: 4, phdr: 6 } as const;
export const SHT = { nobits: 8, note: 7, strtab: 3 } as const;
export const SHF = { alloc: 2, infoLink: 0x40 } as const;
export const SEGMENT_SIZE = 56;
export const SECTION_SIZE = 64;
const MACHINES: Readonly<Record<number, Machine>> = { 62: 'x64', 183: 'arm64' };

/** Reads the headers of an ELF file. Throws where the file is not 64-bit little-endian ELF for x64 or arm64. */
export function parseElf(bytes: Buffer): Elf {
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46) throw new Error('not an ELF file');
  if (bytes[4] !== 2 || bytes[5] !== 1) throw new Error('not a 64-bit little-endian ELF file');
  const machine = MACHINES[bytes.readUInt16LE(18)];
  if (machine === undefined)
    throw new Error(`ELF for machine ${bytes.readUInt16LE(18)}: only x64 (62) and arm64 (183)`);
  const segmentTable = readWord(bytes, 32);
  return { bytes, machine, segmentTable, segments: readSegments(bytes, segmentTable), sections: readSections(bytes) };
}

/** A 64-bit field as a number; files beyond 2^53 bytes are not ELF files we meet. */
export function readWord(bytes: Buffer, offset: number): number {
  return Number(bytes.readBigUInt64LE(offset));
}

/** The text up to the next NUL. */
export function readText(bytes: Buffer, offset: number): string {
  return bytes.toString('latin1', offset, bytes.indexOf(0, offset));
}

/** Where in the file the loader finds this address. Throws where no loaded segment holds it. */
export function fileOffset(elf: Pick<Elf, 'segments'>, address: number): number {
  for (const s of elf.segments) {
    if (s.type === PT.load && address >= s.address && address < s.address + s.fileSize) {
      return address - s.address + s.offset;
    }
  }
  throw new Error(`no segment of the file holds address 0x${address.toString(16)}`);
}

function readSegments(bytes: Buffer, table: number): Segment[] {
  return Array.from({ length: bytes.readUInt16LE(56) }, (_, index) => {
    const at = table + index * SEGMENT_SIZE;
    return {
      type: bytes.readUInt32LE(at),
      flags: bytes.readUInt32LE(at + 4),
      offset: readWord(bytes, at + 8),
      address: readWord(bytes, at + 16),
      fileSize: readWord(bytes, at + 32),
      memorySize: readWord(bytes, at + 40),
      align: readWord(bytes, at + 48),
    };
  });
}

function readSections(bytes: Buffer): Section[] {
  const table = readWord(bytes, 40);
  const names = table === 0 ? 0 : readWord(bytes, table + bytes.readUInt16LE(62) * SECTION_SIZE + 24);
  return Array.from({ length: table === 0 ? 0 : bytes.readUInt16LE(60) }, (_, index) => {
    const at = table + index * SECTION_SIZE;
    return {
      name: readText(bytes, names + bytes.readUInt32LE(at)),
      type: bytes.readUInt32LE(at + 4),
      flags: readWord(bytes, at + 8),
      address: readWord(bytes, at + 16),
      offset: readWord(bytes, at + 24),
      size: readWord(bytes, at + 32),
      link: bytes.readUInt32LE(at + 40),
      info: bytes.readUInt32LE(at + 44),
      align: readWord(bytes, at + 48),
      entrySize: readWord(bytes, at + 56),
    };
  });
}
