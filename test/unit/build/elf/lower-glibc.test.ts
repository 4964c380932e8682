import { describe, expect, it } from 'vitest';
import { readDynamic, type VersionNeed } from '../../../../build/elf/dynamic.ts';
import { parseElf } from '../../../../build/elf/elf.ts';
import { listFloorBreaches } from '../../../../build/elf/floor.ts';
import { lowerGlibc } from '../../../../build/elf/lower-glibc.ts';
import { readNativeModule, readNode } from './real-files.ts';

const OLDEST = process.arch === 'x64' ? 'GLIBC_2.2.5' : 'GLIBC_2.17';

describe('lowerGlibc', () => {
  it('turns fcntl64 of glibc 2.28 into fcntl of the oldest version, and changes nothing else', () => {
    const before = readNode();
    const after = Buffer.from(before);
    lowerGlibc(after);
    const was = readDynamic(parseElf(before));
    const is = readDynamic(parseElf(after));
    expect(is.versionNeeds.map(nameOf)).toEqual(
      was.versionNeeds.map(nameOf).filter(name => name !== 'libc.so.6 GLIBC_2.28'),
    );
    const oldest = is.versionNeeds.find(n => n.library === 'libc.so.6' && n.version === OLDEST);
    expect(is.wanted.find(s => s.name === 'fcntl')?.versionIndex).toBe(oldest?.index);
    expect(is.wanted.some(s => s.name === 'fcntl64')).toBe(false);
    // Two digits of the name, one version index, one link of the chain, one count.
    expect(differences(before, after)).toBe(5);
  });

  it('takes the need out wherever it stands in the chain', () => {
    for (const place of ['first', 'last'] as const) {
      const bytes = readNode();
      const { versionNeeds } = readDynamic(parseElf(bytes));
      const chain = versionNeeds.filter(n => n.library === 'libc.so.6');
      const needed = chain.find(n => n.version === 'GLIBC_2.28');
      const other = place === 'first' ? chain[0] : chain.at(-1);
      if (needed === undefined || other === undefined) throw new Error('no chain');
      swap(bytes, needed.entry, other.entry);
      const names = readDynamic(parseElf(bytes)).versionNeeds.map(nameOf);
      lowerGlibc(bytes);
      expect(readDynamic(parseElf(bytes)).versionNeeds.map(nameOf)).toEqual(
        names.filter(name => name !== 'libc.so.6 GLIBC_2.28'),
      );
    }
  });

  it('lets weak symbols of glibc 2.28 stay, from any version', () => {
    const bytes = readNode();
    const { wanted, versionNeeds } = readDynamic(parseElf(bytes));
    const weak = wanted.find(s => s.name === 'getentropy');
    bytes.writeUInt16LE(versionNeeds.find(n => n.version === 'GLIBC_2.28')?.index ?? 0, weak?.versionField ?? 0);
    lowerGlibc(bytes);
    expect(readDynamic(parseElf(bytes)).wanted.find(s => s.name === 'getentropy')).toMatchObject({ versionIndex: 1 });
    expect(listFloorBreaches(bytes)).toEqual([]);
  });

  it('refuses a file that is lowered already, or never needed it', () => {
    const bytes = readNode();
    lowerGlibc(bytes);
    expect(() => lowerGlibc(bytes)).toThrow('does not need GLIBC_2.28');
    expect(() => lowerGlibc(readNativeModule())).toThrow('does not need GLIBC_2.28');
  });

  it('refuses where more than fcntl64 is wanted of glibc 2.28', () => {
    const bytes = readNode();
    const { wanted, versionNeeds } = readDynamic(parseElf(bytes));
    const other = wanted.find(s => s.name === 'memfd_create');
    const need = versionNeeds.find(n => n.version === 'GLIBC_2.28');
    bytes.writeUInt16LE(need?.index ?? 0, other?.versionField ?? 0);
    expect(() => lowerGlibc(bytes)).toThrow('the file wants memfd_create, fcntl64');
  });

  it('refuses where another symbol uses the bytes of the name', () => {
    const bytes = readNode();
    const { wanted } = readDynamic(parseElf(bytes));
    const field = (name: string) => wanted.find(s => s.name === name)?.nameField ?? 0;
    bytes.writeUInt32LE(bytes.readUInt32LE(field('fcntl64')) + 1, field('memfd_create'));
    expect(() => lowerGlibc(bytes)).toThrow('shares its bytes');
  });
});

/** Exchanges what two entries of a chain say, except how far on the next one is. */
function swap(bytes: Buffer, a: number, b: number): void {
  const kept = Buffer.from(bytes.subarray(a, a + 12));
  bytes.copy(bytes, a, b, b + 12);
  kept.copy(bytes, b);
}

function nameOf({ library, version }: VersionNeed): string {
  return `${library} ${version}`;
}

function differences(a: Buffer, b: Buffer): number {
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count++;
  return count;
}
