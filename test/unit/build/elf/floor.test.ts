import { describe, expect, it } from 'vitest';
import { readDynamic } from '../../../../build/elf/dynamic.ts';
import { parseElf, SEGMENT_SIZE } from '../../../../build/elf/elf.ts';
import { listFloorBreaches, proveFloor } from '../../../../build/elf/floor.ts';
import { lowerGlibc } from '../../../../build/elf/lower-glibc.ts';
import { readNativeModule, readNode, replaceName } from './real-files.ts';

describe('proveFloor', () => {
  it('refuses the official Node, naming symbol, version and library', () => {
    expect(() => proveFloor(readNode())).toThrow(
      'wants fcntl64 of GLIBC_2.28 from libc.so.6; the floor has GLIBC_2.27',
    );
  });

  it('accepts it once lowered, and says what it needs', () => {
    expect(proveFloor(lowered())).toMatchObject({ GLIBC: '2.27', CXXABI: '1.3.11', GLIBCXX: '3.4.21' });
  });

  it('refuses a library outside the floor', () => {
    expect(() => proveFloor(readNativeModule())).toThrow('needs the library librt.so.1');
    expect(listFloorBreaches(replaceName(lowered(), 'libdl.so.2', 'libzz.so.2'))).toEqual([
      'needs the library libzz.so.2, which a minimal system lacks',
    ]);
  });

  it('refuses a strong symbol although its version is marked weak: the loader would not find it', () => {
    const bytes = readNode();
    const need = readDynamic(parseElf(bytes)).versionNeeds.find(n => n.version === 'GLIBC_2.28');
    bytes.writeUInt16LE(2, (need?.entry ?? 0) + 4);
    expect(listFloorBreaches(bytes)).toEqual(['wants fcntl64 of GLIBC_2.28 from libc.so.6; the floor has GLIBC_2.27']);
  });

  it('refuses a version that no symbol uses, unless it is marked weak: the loader checks all', () => {
    const bytes = readNode();
    const { versionNeeds, wanted } = readDynamic(parseElf(bytes));
    bytes.writeUInt16LE(1, wanted.find(s => s.name === 'fcntl64')?.versionField ?? 0);
    expect(listFloorBreaches(bytes)).toEqual([
      'needs GLIBC_2.28 of libc.so.6, not marked weak; the floor has GLIBC_2.27',
    ]);
    bytes.writeUInt16LE(2, (versionNeeds.find(n => n.version === 'GLIBC_2.28')?.entry ?? 0) + 4);
    expect(listFloorBreaches(bytes)).toEqual([]);
  });

  it.each([
    ['CXXABI_1.3.11', 'CXXABI_1.3.12', 'the floor has CXXABI_1.3.11'],
    ['GLIBCXX_3.4.21', 'GLIBCXX_3.4.26', 'the floor has GLIBCXX_3.4.25'],
    ['GLIBC_2.27', 'GLIBC_9.27', 'the floor has GLIBC_2.27'],
    ['GLIBC_2.25', 'GLIBC_PRIV', 'the floor has GLIBC_2.27'],
    ['GLIBC_2.25', 'OTHER_2.25', 'the floor has nothing of OTHER'],
  ])('refuses %s raised to %s', (from, to, message) => {
    expect(listFloorBreaches(replaceName(lowered(), from, to)).join()).toContain(message);
  });

  it('refuses program headers that kernel 4.15 would not find', () => {
    const bytes = lowered();
    const { segmentTable, segments } = parseElf(bytes);
    const size = segments.length * SEGMENT_SIZE;
    const moved = Buffer.concat([bytes, bytes.subarray(segmentTable, segmentTable + size)]);
    moved.writeBigUInt64LE(BigInt(bytes.length), 32);
    expect(listFloorBreaches(moved)).toEqual([expect.stringContaining('outside the first loaded segment')]);
  });
});

function lowered(): Buffer {
  const bytes = readNode();
  lowerGlibc(bytes);
  return bytes;
}
