import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { packTar } from 'modern-tar';

const [pack, unpack] = [promisify(gzip), promisify(gunzip)];
/** Large ones cost fewer turns of the event loop, and fewer buffers. */
const chunkSize = { packed: 128 * 1024, unpacked: 1024 * 1024 };
/** Two blocks of zeros end an archive; those of one member are left out, so that another may follow. */
const blockBytes = 512;
const endBytes = 2 * blockBytes;

/**
 * One file of a tar, as a gzip member of its own. Members one after the other are one .tar.gz, so each is made, and held
 * in memory, packed. Owner, mode and time are always the same.
 */
export async function tarMember(name: string, content: Uint8Array): Promise<Buffer> {
  const archive = await packTar([
    {
      header: { name, size: content.length, type: 'file', mode: 0o600, mtime: new Date(0), uid: 0, gid: 0 },
      body: content,
    },
  ]);
  return pack(archive.subarray(0, archive.length - endBytes), { chunkSize: chunkSize.packed });
}

/** What ends the archive. */
export async function tarEnd(): Promise<Buffer> {
  return pack(Buffer.alloc(endBytes));
}

/** The content of a member that tarMember() made of so many bytes: its last blocks. */
export async function contentOf(member: Buffer, bytes: number): Promise<Buffer> {
  const archive = await unpack(member, { chunkSize: Math.min(chunkSize.unpacked, bytes + 4 * blockBytes) });
  const start = archive.length - Math.ceil(bytes / blockBytes) * blockBytes;
  return archive.subarray(start, start + bytes);
}
