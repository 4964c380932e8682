import { describe, expect, it } from 'vitest';
import { bootSectors } from '../../../../image/disk/boot-sectors.ts';
import { layoutOf, uuidFor } from '../../../../image/disk/layout.ts';

const { biosBoot } = layoutOf(10);
const loader = (bootBytes: number, coreBytes: number) => {
  return { boot: Buffer.alloc(bootBytes, 1), core: Buffer.alloc(coreBytes, 2), efi: Buffer.alloc(0) };
};

describe('boot sectors', () => {
  it('lead from the first sector to the core, and leave the partition table alone', () => {
    const [first, core] = bootSectors(loader(512, 1300), biosBoot);
    expect(first).toMatchObject({ at: 0 });
    expect(first?.bytes.length).toBe(440);
    expect(first?.bytes.readBigUInt64LE(0x5c)).toBe(2048n);
    expect(first?.bytes.readUInt16LE(0x66)).toBe(0x9090);
    expect(core?.at).toBe(1024 * 1024);
    expect(core?.bytes.readBigUInt64LE(500)).toBe(2049n);
    expect(core?.bytes.readUInt16LE(508)).toBe(2);
  });

  it('are refused where the core does not fit, or the first sector is no sector', () => {
    expect(() => bootSectors(loader(512, 4 * 1024 * 1024), biosBoot)).toThrow('does not fit');
    expect(() => bootSectors(loader(440, 1300), biosBoot)).toThrow('must have 512 bytes');
  });
});

describe('layout', () => {
  it('has the root last, aligned, with room for the second partition table', () => {
    const { diskBytes, efi, root } = layoutOf(10);
    expect([biosBoot.start, efi.start, root.start].map(start => start % 2048)).toEqual([0, 0, 0]);
    expect(biosBoot.start + biosBoot.sectors).toBe(efi.start);
    expect(efi.start + efi.sectors).toBe(root.start);
    expect(diskBytes - (root.start + root.sectors) * 512).toBe(1024 * 1024);
  });

  it('has UUIDs that follow from the build and differ in purpose', () => {
    expect(uuidFor('1.3.0-a', 'root')).toBe(uuidFor('1.3.0-a', 'root'));
    expect(new Set(['root', 'disk'].flatMap(to => [uuidFor('1.3.0-a', to), uuidFor('1.3.0-b', to)])).size).toBe(4);
    expect(uuidFor('1.3.0-a', 'root')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
