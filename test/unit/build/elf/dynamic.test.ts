import { describe, expect, it } from 'vitest';
import { readDynamic } from '../../../../build/elf/dynamic.ts';
import { parseElf } from '../../../../build/elf/elf.ts';
import { readNode, readStaticProgram } from './real-files.ts';

describe('readDynamic', () => {
  it('lists libraries, version needs and wanted symbols of the official Node', () => {
    const { needed, versionNeeds, wanted } = readDynamic(parseElf(readNode()));
    expect(needed).toContain('libstdc++.so.6');
    expect(needed).toContain('libc.so.6');
    const need = versionNeeds.find(n => n.version === 'GLIBC_2.28');
    expect(need).toMatchObject({ library: 'libc.so.6', weak: false });
    const symbols = wanted.filter(s => s.versionIndex === need?.index);
    expect(symbols).toMatchObject([{ name: 'fcntl64', weak: false }]);
  });

  it('tells weak symbols from strong ones', () => {
    const { wanted } = readDynamic(parseElf(readNode()));
    expect(wanted.find(s => s.name === 'getentropy')).toMatchObject({ weak: true });
    expect(wanted.find(s => s.name === 'getrandom')).toMatchObject({ weak: false });
  });

  it('reads the same after the section headers are gone: the loader does not use them', () => {
    const bytes = readNode();
    const before = readDynamic(parseElf(bytes));
    bytes.writeBigUInt64LE(0n, 40);
    expect(parseElf(bytes).sections).toEqual([]);
    expect(readDynamic(parseElf(bytes))).toEqual(before);
  });

  it('refuses a static program', () => {
    expect(() => readDynamic(parseElf(readStaticProgram()))).toThrow('a static program');
  });
});

describe('parseElf', () => {
  it.each([
    ['text', () => Buffer.from('#!/bin/sh\n'.repeat(20)), 'not an ELF file'],
    ['a big-endian file', () => patched(5, 2), 'not a 64-bit little-endian'],
    ['a 32-bit file', () => patched(4, 1), 'not a 64-bit little-endian'],
    ['another machine', () => patched(18, 243), 'machine 243'],
  ])('refuses %s', (_, make, message) => {
    expect(() => parseElf(make())).toThrow(message);
  });
});

function patched(offset: number, value: number): Buffer {
  const header = Buffer.from(readNode().subarray(0, 4096));
  header[offset] = value;
  return header;
}
