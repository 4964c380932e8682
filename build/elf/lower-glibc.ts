import { type Dynamic, readDynamic, type VersionNeed, type WantedSymbol } from './dynamic.ts';
import { type Elf, parseElf } from './elf.ts';

/**
 * Node is linked against glibc 2.28, of which it wants one symbol: `fcntl64`. On 64-bit Linux that is another name of
 * `fcntl`, which every glibc has under the oldest version of the architecture (docs/decisions/0002-glibc-floor.md).
 */
const NEW_NAME = 'fcntl64';
const OLD_NAME = 'fcntl';
const NEW_VERSION = 'GLIBC_2.28';
/** VER_NDX_GLOBAL: a weak symbol may stay, from whatever version the system has it. */
const ANY_VERSION = 1;
const OLD_VERSION = { x64: 'GLIBC_2.2.5', arm64: 'GLIBC_2.17' } as const;

/**
 * Rewrites `fcntl64@GLIBC_2.28` to `fcntl` of the oldest version, and takes the need for GLIBC_2.28 out, in place. (Marked
 * weak, the need would not stop the loader of an older system, but it would print a line at each start.) Throws where the
 * file wants anything else of GLIBC_2.28 strongly, or where the rename would touch another name.
 */
export function lowerGlibc(bytes: Buffer): void {
  const elf = parseElf(bytes);
  const dynamic = readDynamic(elf);
  const newNeed = findNeed(dynamic, NEW_VERSION);
  const oldNeed = findNeed(dynamic, OLD_VERSION[elf.machine]);
  const symbols = dynamic.wanted.filter(s => s.versionIndex === newNeed.index);
  const [symbol, ...others] = symbols.filter(s => !s.weak);
  if (symbol?.name !== NEW_NAME || others.length > 0) {
    const seen = symbols.map(s => s.name).join(', ') || 'nothing';
    throw new Error(`expected the one symbol ${NEW_NAME} of ${NEW_VERSION}, the file wants ${seen}`);
  }
  rename(elf, dynamic, symbol);
  for (const { versionField } of symbols) bytes.writeUInt16LE(ANY_VERSION, versionField);
  bytes.writeUInt16LE(oldNeed.index, symbol.versionField);
  unlink(bytes, newNeed);
}

function findNeed(dynamic: Dynamic, version: string): VersionNeed {
  const need = dynamic.versionNeeds.find(n => n.library === 'libc.so.6' && n.version === version);
  if (need === undefined) throw new Error(`the file does not need ${version} of libc.so.6: nothing to lower`);
  return need;
}

/** Shortens the name where it stands. Linkers let one name end another, so nobody else may refer to these bytes. */
function rename(elf: Elf, dynamic: Dynamic, symbol: WantedSymbol): void {
  const { bytes } = elf;
  const name = bytes.readUInt32LE(symbol.nameField);
  const start = dynamic.names.offset + name;
  const users = dynamic.nameUses.filter(use => use >= name && use <= name + NEW_NAME.length);
  if (users.length !== 1 || bytes[start - 1] !== 0) {
    throw new Error(`${NEW_NAME} shares its bytes with another name of the file and cannot be renamed in place`);
  }
  bytes.fill(0, start + OLD_NAME.length, start + NEW_NAME.length);
}

/** Each entry says how far on the next one is, 0 at the end; the library's says where the first is, and how many. */
function unlink(bytes: Buffer, { entry, libraryEntry }: VersionNeed): void {
  const after = bytes.readUInt32LE(entry + 12);
  const count = bytes.readUInt16LE(libraryEntry + 2);
  if (count < 2) throw new Error(`${NEW_VERSION} is all that the file needs of the library: cannot be taken out`);
  let link = libraryEntry + 8;
  let from = libraryEntry;
  while (from + bytes.readUInt32LE(link) !== entry) {
    from += bytes.readUInt32LE(link);
    link = from + 12;
  }
  bytes.writeUInt32LE(after === 0 ? 0 : entry + after - from, link);
  bytes.writeUInt16LE(count - 1, libraryEntry + 2);
}
