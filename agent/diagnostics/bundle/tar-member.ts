import { once } from 'node:events';
import { promisify } from 'node:util';
import { createGzip, gunzip, gzip } from 'node:zlib';
import { packTar } from 'modern-tar';

const [pack, unpack] = [promisify(gzip), promisify(gunzip)];
const blockBytes = 512;
/** Two blocks of zeros end an archive. */
const endBytes = 2 * blockBytes;

/** What a file of the archive holds, filled up to whole blocks, as a gzip member of its own. */
export interface TarBody {
  readonly packed: Buffer;
  /** Of the content, without what fills it up. */
  readonly bytes: number;
}

export interface TarBodyPacker {
  /** The piece must stay as it is. */
  add(piece: Uint8Array): Promise<void>;
  end(): Promise<TarBody>;
  /** In place of end(), where it is not wanted any more. */
  discard(): void;
}

/** Packs a content as it comes, so that it never lies in memory whole. */
export function startBody(): TarBodyPacker {
  const gzipped = createGzip({ chunkSize: 64 * 1024 });
  const parts: Buffer[] = [];
  let bytes = 0;
  gzipped.on('data', (part: Buffer) => parts.push(part));
  return {
    async add(piece) {
      bytes += piece.length;
      if (!gzipped.write(piece)) await once(gzipped, 'drain');
    },
    async end() {
      gzipped.end(Buffer.alloc(filled(bytes) - bytes));
      await once(gzipped, 'end');
      return { packed: Buffer.concat(parts), bytes };
    },
    discard: () => void gzipped.destroy(),
  };
}

/**
 * What stands before a body. Members one after the other are one .tar.gz. Owner, mode and time are always the same.
 */
export async function tarHeader(name: string, bytes: number): Promise<Buffer> {
  const about = { name, size: 0, type: 'file', mode: 0o600, mtime: new Date(0), uid: 0, gid: 0 } as const;
  const archive = Buffer.from(await packTar([{ header: about }]));
  const header = archive.subarray(0, archive.length - endBytes);
  giveSize(header.subarray(header.length - blockBytes), bytes);
  return pack(header);
}

/** A whole file of the archive. */
export async function tarMember(name: string, content: Uint8Array): Promise<Buffer> {
  const body = startBody();
  await body.add(content);
  return Buffer.concat([await tarHeader(name, content.length), (await body.end()).packed]);
}

/** What ends the archive. */
export async function tarEnd(): Promise<Buffer> {
  return pack(Buffer.alloc(endBytes));
}

export async function contentOf({ packed, bytes }: TarBody): Promise<Buffer> {
  const content = await unpack(packed, { chunkSize: Math.max(blockBytes, filled(bytes) + 1) });
  return content.subarray(0, bytes);
}

function filled(bytes: number): number {
  return Math.ceil(bytes / blockBytes) * blockBytes;
}

/** The packer asks for the whole content where it is told its size. */
function giveSize(header: Buffer, bytes: number): void {
  header.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}
