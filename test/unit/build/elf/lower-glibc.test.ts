import { describe, expect, it } from 'vitest';
import { readDynamic } from '../../../../build/elf/dynamic.ts';
import { parseElf } from '../../../../build/elf/elf.ts';
import { lowerGlibc } from '../../../../build/elf/lower-glibc.ts';
import { readNativeModule, readNode } from './real-files.ts';

const OLDEST = process.arch === 'x64' ? 'GLIBC_2.2.5' : 'GLIBC_2.17';

describe('lowerGlibc', () => {
  it('turns fcntl64 of glibc 2.28 into fcntl of the oldest version, and changes nothing else', () => {
    const before = readNode();
    const after = Buffer.from(before);
    lowerGlibc(after);
    const { versionNeeds, wanted } = readDynamic(parseElf(after));
    expect(versionNeeds.find(n => n.version === 'GLIBC_2.28')?.weak).toBe(true);
    expect(versionNeeds.filter(n => n.weak)).toHaveLength(1);
    const oldest = versionNeeds.find(n => n.library === 'libc.so.6' && n.version === OLDEST);
    expect(wanted.find(s => s.name === 'fcntl')?.versionIndex).toBe(oldest?.index);
    expect(wanted.some(s => s.name === 'fcntl64')).toBe(false);
    // Two digits of the name, one version index, one flag.
    expect(differences(before, after)).toBe(4);
  });

  it('refuses a file that is lowered already, or never needed it', () => {
    const bytes = readNode();
    lowerGlibc(bytes);
    expect(() => lowerGlibc(bytes)).toThrow('the file wants nothing');
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

function differences(a: Buffer, b: Buffer): number {
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count++;
  return count;
}
