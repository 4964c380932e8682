import { type Elf, PT, parseElf, SEGMENT_SIZE, type Section, type Segment, SHF, SHT } from './elf.ts';
import { appendSections, keepLoaded } from './sections.ts';

/** Node looks for a note of this name among the notes that are mapped, if its fuse is set. */
const NOTE_NAME = 'NODE_SEA_BLOB\0';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:';
/** The largest page of either architecture (arm64 has 64 KiB kernels). */
const PAGE = 0x10000;

/**
 * The program with `blob` inside, as Node's single-executable start-up finds it: a new read-only segment at the end holds
 * the name of the loader and the notes (moved there, which makes room for one more program header where the table
 * stands) and the blob as one more note. Nothing else moves. Why not postject: docs/decisions/0001-single-executable.md.
 */
export function embedBlob(bytes: Buffer, blob: Buffer): Buffer {
  const elf = parseElf(bytes);
  const { sections, end } = keepLoaded(elf);
  const interp = only(elf, PT.interp);
  const notes = only(elf, PT.note);
  requireRoom(elf, interp, notes);

  const offset = align(end, 16);
  const memoryEnd = Math.max(...elf.segments.filter(s => s.type === PT.load).map(s => s.address + s.memorySize));
  const address = align(memoryEnd, PAGE) + (offset % PAGE);
  const interpText = bytes.subarray(interp.offset, interp.offset + interp.fileSize);
  const notesAt = align(interpText.length, 4);
  const header = Buffer.alloc(12);
  header.writeUInt32LE(NOTE_NAME.length, 0);
  header.writeUInt32LE(blob.length, 4);
  const oldNotes = bytes.subarray(notes.offset, notes.offset + notes.fileSize);
  const note = Buffer.concat([header, Buffer.alloc(align(NOTE_NAME.length, 4), NOTE_NAME, 'latin1').fill(0, 14), blob]);
  const noteAt = notesAt + oldNotes.length;
  const content = Buffer.alloc(align(noteAt + note.length, 8));
  interpText.copy(content);
  oldNotes.copy(content, notesAt);
  note.copy(content, noteAt);

  const image = Buffer.concat([bytes.subarray(0, end), Buffer.alloc(offset - end), content]);
  setFuse(image);
  const place = (at: number, size: number) => ({
    offset: offset + at,
    address: address + at,
    fileSize: size,
    memorySize: size,
  });
  const segments = elf.segments.map(segment => {
    if (segment === interp) return { ...segment, ...place(0, interpText.length) };
    if (segment === notes) return { ...segment, ...place(notesAt, oldNotes.length + note.length) };
    if (segment.type === PT.phdr) {
      const size = segment.fileSize + SEGMENT_SIZE;
      return { ...segment, fileSize: size, memorySize: size };
    }
    return segment;
  });
  writeSegments(image, elf.segmentTable, [
    ...segments,
    { type: PT.load, flags: 4, align: PAGE, ...place(0, content.length) },
  ]);

  const moved = sections.map(section => {
    if (section.offset === interp.offset && section.size === interp.fileSize) {
      return { ...section, offset, address };
    }
    if (section.type === SHT.note && section.offset >= notes.offset && section.offset < notes.offset + notes.fileSize) {
      const shift = section.offset - notes.offset + notesAt;
      return { ...section, offset: offset + shift, address: address + shift };
    }
    return section;
  });
  const blobSection: Section = {
    name: '.note.node.sea',
    type: SHT.note,
    flags: SHF.alloc,
    address: address + noteAt,
    offset: offset + noteAt,
    size: note.length,
    link: 0,
    info: 0,
    align: 4,
    entrySize: 0,
  };
  return appendSections(image, [...moved, blobSection]);
}

function only(elf: Elf, type: number): Segment {
  const [segment, ...others] = elf.segments.filter(s => s.type === type);
  if (segment === undefined || others.length > 0) throw new Error(`expected one program header of type ${type}`);
  return segment;
}

/** Loader name and notes must follow the table at once, so that their old place can hold one more header. */
function requireRoom(elf: Elf, interp: Segment, notes: Segment): void {
  const tableEnd = elf.segmentTable + elf.segments.length * SEGMENT_SIZE;
  const adjacent = interp.offset === tableEnd && notes.offset === align(interp.offset + interp.fileSize, notes.align);
  if (!adjacent || notes.offset + notes.fileSize < tableEnd + SEGMENT_SIZE) {
    throw new Error('this Node has another layout: no room for one more program header behind the table');
  }
}

function setFuse(image: Buffer): void {
  const at = image.indexOf(`${FUSE}0`, 0, 'latin1');
  if (at < 0 || image.indexOf(`${FUSE}0`, at + 1, 'latin1') >= 0)
    throw new Error('expected exactly one unset fuse in Node');
  image.write('1', at + FUSE.length, 'latin1');
}

function writeSegments(image: Buffer, table: number, segments: readonly Segment[]): void {
  segments.forEach((segment, index) => {
    const at = table + index * SEGMENT_SIZE;
    image.writeUInt32LE(segment.type, at);
    image.writeUInt32LE(segment.flags, at + 4);
    image.writeBigUInt64LE(BigInt(segment.offset), at + 8);
    image.writeBigUInt64LE(BigInt(segment.address), at + 16);
    image.writeBigUInt64LE(BigInt(segment.address), at + 24);
    image.writeBigUInt64LE(BigInt(segment.fileSize), at + 32);
    image.writeBigUInt64LE(BigInt(segment.memorySize), at + 40);
    image.writeBigUInt64LE(BigInt(segment.align), at + 48);
  });
  image.writeUInt16LE(segments.length, 56);
}

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
