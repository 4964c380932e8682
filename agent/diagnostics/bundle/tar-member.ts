import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { packTar, unpackTar } from 'modern-tar';

const pack = promisify(gzip);
const unpack = promisify(gunzip);
/** Two blocks of zeros end an archive; those of one member are left out, so that another may follow. */
const endBytes = 1024;

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
  return pack(archive.subarray(0, archive.length - endBytes));
}

/** What ends the archive. */
export async function tarEnd(): Promise<Buffer> {
  return pack(Buffer.alloc(endBytes));
}

/** The content of a member. */
export async function contentOf(member: Buffer): Promise<Buffer> {
  const [entry] = await unpackTar(await unpack(member));
  return Buffer.from(entry?.data ?? Buffer.alloc(0));
}
