import { type Elf, fileOffset, PT, readText, readWord } from './elf.ts';

/** A version that the file wants from a library, as `GLIBC_2.28` from `libc.so.6`. */
export interface VersionNeed {
  readonly library: string;
  readonly version: string;
  /** The number by which symbols refer to it. */
  readonly index: number;
  /** VER_FLG_WEAK: the loader starts the program although the library lacks this version. */
  readonly weak: boolean;
  /** Where in the file its entry is, and the entry of its library, whose chain it belongs to. */
  readonly entry: number;
  readonly libraryEntry: number;
}

/** A symbol that another file must provide. */
export interface WantedSymbol {
  readonly name: string;
  /** Index of its VersionNeed; 0 and 1 mean: no version. */
  readonly versionIndex: number;
  /** The loader starts the program although nobody has this symbol. */
  readonly weak: boolean;
  /** Where in the file the offset of its name, and where its version index, are. */
  readonly nameField: number;
  readonly versionField: number;
}

/** What the loader reads before it starts the program: from the dynamic table, never from section headers. */
export interface Dynamic {
  readonly needed: readonly string[];
  readonly versionNeeds: readonly VersionNeed[];
  readonly wanted: readonly WantedSymbol[];
  /** Offset in the file, and length, of the table of names. */
  readonly names: { readonly offset: number; readonly size: number };
  /** Every offset into that table that anything refers to. */
  readonly nameUses: readonly number[];
}

const VER_FLG_WEAK = 2;
const DT = {
  needed: 1,
  hash: 4,
  strtab: 5,
  symtab: 6,
  strsz: 10,
  soname: 14,
  rpath: 15,
  runpath: 29,
  gnuHash: 0x6ffffef5,
  versym: 0x6ffffff0,
  verneed: 0x6ffffffe,
  verneednum: 0x6fffffff,
} as const;
const NAME_TAGS: readonly number[] = [DT.needed, DT.soname, DT.rpath, DT.runpath];
const SYMBOL_SIZE = 24;
const STB_WEAK = 2;

/** Throws where the file has no dynamic table (a static program). */
export function readDynamic(elf: Elf): Dynamic {
  const entries = readEntries(elf);
  const address = (tag: number): number => {
    const entry = entries.find(([t]) => t === tag);
    if (entry === undefined) throw new Error(`the dynamic table lacks tag 0x${tag.toString(16)}`);
    return entry[1];
  };
  const names = { offset: fileOffset(elf, address(DT.strtab)), size: address(DT.strsz) };
  const nameUses = entries.filter(([tag]) => NAME_TAGS.includes(tag)).map(([, value]) => value);
  const needed = entries
    .filter(([tag]) => tag === DT.needed)
    .map(([, value]) => readText(elf.bytes, names.offset + value));
  const versioned = entries.some(([tag]) => tag === DT.verneed);
  const versionNeeds = versioned
    ? readVersionNeeds(elf, fileOffset(elf, address(DT.verneed)), address(DT.verneednum), names.offset, nameUses)
    : [];
  const versym = entries.some(([tag]) => tag === DT.versym) ? fileOffset(elf, address(DT.versym)) : null;
  const wanted = readWanted(
    elf,
    fileOffset(elf, address(DT.symtab)),
    countSymbols(elf, entries),
    versym,
    names.offset,
    nameUses,
  );
  return { needed, versionNeeds, wanted, names, nameUses };
}

function readEntries(elf: Elf): Array<readonly [tag: number, value: number]> {
  const table = elf.segments.find(s => s.type === PT.dynamic);
  if (table === undefined) throw new Error('no dynamic table: a static program');
  const entries: Array<readonly [number, number]> = [];
  for (let at = table.offset; at < table.offset + table.fileSize; at += 16) {
    const tag = readWord(elf.bytes, at);
    if (tag === 0) break;
    entries.push([tag, readWord(elf.bytes, at + 8)]);
  }
  return entries;
}

function readVersionNeeds(elf: Elf, start: number, count: number, names: number, nameUses: number[]): VersionNeed[] {
  const { bytes } = elf;
  const needs: VersionNeed[] = [];
  for (let file = start, f = 0; f < count; f++) {
    nameUses.push(bytes.readUInt32LE(file + 4));
    const library = readText(bytes, names + bytes.readUInt32LE(file + 4));
    let at = file + bytes.readUInt32LE(file + 8);
    for (let v = 0; v < bytes.readUInt16LE(file + 2); v++) {
      nameUses.push(bytes.readUInt32LE(at + 8));
      needs.push({
        library,
        version: readText(bytes, names + bytes.readUInt32LE(at + 8)),
        index: bytes.readUInt16LE(at + 6) & 0x7fff,
        weak: (bytes.readUInt16LE(at + 4) & VER_FLG_WEAK) !== 0,
        entry: at,
        libraryEntry: file,
      });
      at += bytes.readUInt32LE(at + 12);
    }
    file += bytes.readUInt32LE(file + 12);
  }
  return needs;
}

function readWanted(
  elf: Elf,
  table: number,
  count: number,
  versym: number | null,
  names: number,
  nameUses: number[],
): WantedSymbol[] {
  const { bytes } = elf;
  const wanted: WantedSymbol[] = [];
  for (let index = 1; index < count; index++) {
    const at = table + index * SYMBOL_SIZE;
    nameUses.push(bytes.readUInt32LE(at));
    if (bytes.readUInt16LE(at + 6) !== 0) continue;
    const versionField = versym === null ? 0 : versym + index * 2;
    wanted.push({
      name: readText(bytes, names + bytes.readUInt32LE(at)),
      versionIndex: versym === null ? 0 : bytes.readUInt16LE(versionField) & 0x7fff,
      weak: (bytes.readUInt8(at + 4) ?? 0) >> 4 === STB_WEAK,
      nameField: at,
      versionField,
    });
  }
  return wanted;
}

/** The dynamic table does not say how many symbols there are; the hash tables over them do. */
function countSymbols(elf: Elf, entries: ReadonlyArray<readonly [number, number]>): number {
  const { bytes } = elf;
  const plain = entries.find(([tag]) => tag === DT.hash);
  if (plain !== undefined) return bytes.readUInt32LE(fileOffset(elf, plain[1]) + 4);
  const gnu = entries.find(([tag]) => tag === DT.gnuHash);
  if (gnu === undefined) throw new Error('the dynamic table has no hash table, so the symbols cannot be counted');
  const at = fileOffset(elf, gnu[1]);
  const [bucketCount, firstHashed, bloomCount] = [0, 4, 8].map(field => bytes.readUInt32LE(at + field)) as [
    number,
    number,
    number,
  ];
  const buckets = at + 16 + bloomCount * 8;
  const chains = buckets + bucketCount * 4;
  let last = 0;
  for (let b = 0; b < bucketCount; b++) last = Math.max(last, bytes.readUInt32LE(buckets + b * 4));
  if (last < firstHashed) return firstHashed;
  while ((bytes.readUInt32LE(chains + (last - firstHashed) * 4) & 1) === 0) last++;
  return last + 1;
}
