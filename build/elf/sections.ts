import { type Elf, readWord, SECTION_SIZE, type Section, SHF, SHT } from './elf.ts';

/**
 * The file anew: `image` (what the loader sees), then the names of the sections and their headers. `index` links inside
 * `sections` must be right already. The header of the file is written into `image`.
 */
export function appendSections(image: Buffer, sections: readonly Section[]): Buffer {
  const table: Section = {
    name: '.shstrtab',
    type: SHT.strtab,
    flags: 0,
    address: 0,
    offset: image.length,
    size: 0,
    link: 0,
    info: 0,
    align: 1,
    entrySize: 0,
  };
  const all = [...sections, table];
  const names = Buffer.from(all.map(s => `${s.name}\0`).join(''), 'latin1');
  const padding = Buffer.alloc(-(image.length + names.length) & 7);
  const headers = Buffer.alloc(all.length * SECTION_SIZE);
  let nameOffset = 0;
  all.forEach((section, index) => {
    const size = section === table ? names.length : section.size;
    writeSection(headers, index * SECTION_SIZE, { ...section, size }, nameOffset);
    nameOffset += section.name.length + 1;
  });
  image.writeBigUInt64LE(BigInt(image.length + names.length + padding.length), 40);
  image.writeUInt16LE(all.length, 60);
  image.writeUInt16LE(all.length - 1, 62);
  return Buffer.concat([image, names, padding, headers]);
}

/** The sections that are part of the running program, renumbered, and the length of the file that holds them. */
export function keepLoaded(elf: Elf): { sections: Section[]; end: number } {
  const kept = elf.sections.flatMap((section, index) => (index === 0 || section.flags & SHF.alloc ? [index] : []));
  const renumber = (index: number): number => Math.max(0, kept.indexOf(index));
  const sections = kept.map(index => {
    const section = elf.sections[index] as Section;
    const info = section.flags & SHF.infoLink ? renumber(section.info) : section.info;
    return { ...section, link: renumber(section.link), info };
  });
  const end = Math.max(...elf.segments.map(s => s.offset + s.fileSize), readWord(elf.bytes, 32));
  return { sections, end };
}

function writeSection(headers: Buffer, at: number, section: Section, nameOffset: number): void {
  headers.writeUInt32LE(nameOffset, at);
  headers.writeUInt32LE(section.type, at + 4);
  headers.writeBigUInt64LE(BigInt(section.flags), at + 8);
  headers.writeBigUInt64LE(BigInt(section.address), at + 16);
  headers.writeBigUInt64LE(BigInt(section.offset), at + 24);
  headers.writeBigUInt64LE(BigInt(section.size), at + 32);
  headers.writeUInt32LE(section.link, at + 40);
  headers.writeUInt32LE(section.info, at + 44);
  headers.writeBigUInt64LE(BigInt(section.align), at + 48);
  headers.writeBigUInt64LE(BigInt(section.entrySize), at + 56);
}
