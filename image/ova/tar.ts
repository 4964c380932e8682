import { open } from 'node:fs/promises';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const block = 512;

export interface TarEntry {
  /** At most 100 characters, no directory. */
  readonly name: string;
  readonly bytes: number;
  content(): AsyncIterable<Buffer> | Iterable<Buffer>;
}

export interface TarMember {
  readonly name: string;
  readonly bytes: number;
  /** Of the content, in the archive. */
  readonly offset: number;
}

/** A tar of plain files in this order, in the form ustar, which is the one that an OVA has. */
export async function writeTar(to: Writable, entries: readonly TarEntry[], modifiedAt: Date): Promise<void> {
  await pipeline(Readable.from(archive(entries, modifiedAt)), to);
}

/** The members of a tar of plain files, in their order. Throws where it is none, or has others. */
export async function readTar(path: string): Promise<TarMember[]> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const members: TarMember[] = [];
    for (let at = 0; ; ) {
      const header = Buffer.alloc(block);
      const { bytesRead } = await file.read(header, 0, block, at);
      if (bytesRead < block) throw new Error(`${path} ends within a tar header`);
      if (header.every(byte => byte === 0)) return members;
      const member = { ...memberOf(header), offset: at + block };
      if (member.offset + member.bytes > size) throw new Error(`${member.name} is cut`);
      members.push(member);
      at = member.offset + padded(member.bytes);
    }
  } finally {
    await file.close();
  }
}

async function* archive(entries: readonly TarEntry[], modifiedAt: Date): AsyncGenerator<Buffer> {
  for (const entry of entries) {
    yield header(entry, modifiedAt);
    let written = 0;
    for await (const chunk of entry.content()) {
      written += chunk.length;
      yield chunk;
    }
    if (written !== entry.bytes) throw new Error(`${entry.name} has ${written} bytes, and not ${entry.bytes}`);
    yield Buffer.alloc(padded(written) - written);
  }
  yield Buffer.alloc(2 * block);
}

function header({ name, bytes }: TarEntry, modifiedAt: Date): Buffer {
  if (Buffer.byteLength(name) > 100 || name.includes('/')) throw new Error(`${name} is no name for a file of an OVA`);
  // Eleven octal digits; beyond that there are only extensions, which hypervisors do not read.
  if (bytes >= 8 ** 11) throw new Error(`${name} is larger than the 8 GiB that a file of an OVA can have`);
  const bytesOf = Buffer.alloc(block);
  const put = (text: string, at: number) => bytesOf.write(text, at, 'latin1');
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
  put(name, 0);
  put(octal(0o644, 7), 100);
  put(octal(0, 7), 108);
  put(octal(0, 7), 116);
  put(octal(bytes, 11), 124);
  put(octal(Math.floor(modifiedAt.getTime() / 1000), 11), 136);
  put(' '.repeat(8), 148);
  put('0', 156);
  put('ustar\u000000', 257);
  put('root', 265);
  put('root', 297);
  put(`${checksum(bytesOf).toString(8).padStart(6, '0')}\0 `, 148);
  return bytesOf;
}

function memberOf(bytes: Buffer): Pick<TarMember, 'name' | 'bytes'> {
  const text = (from: number, to: number) => bytes.toString('latin1', from, to).replace(/\0.*$/s, '');
  const name = text(0, 100);
  const blank = Buffer.from(bytes);
  blank.fill(' ', 148, 156);
  if (text(257, 262) !== 'ustar' || Number.parseInt(text(148, 156), 8) !== checksum(blank)) {
    throw new Error('this is no tar of the form ustar');
  }
  if (!['0', ''].includes(text(156, 157))) throw new Error(`${name} is no plain file`);
  return { name, bytes: Number.parseInt(text(124, 136), 8) };
}

function checksum(bytes: Buffer): number {
  return bytes.reduce((sum, byte) => sum + byte, 0);
}

function padded(bytes: number): number {
  return Math.ceil(bytes / block) * block;
}
