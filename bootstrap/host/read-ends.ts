import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { nodeDisk } from './disk.ts';
import { type Ends, type EndsLimit, keepEnds } from './ends.ts';
import { fileError, isAbsent } from './file-error.ts';
import { resolveInRoot } from './resolve.ts';
import { requireRegular } from './unchanged.ts';

const chunkBytes = 256 * 1024;
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * Head and tail of a file under `root`, without reading what is between them; a file of /proc or /sys, which has no size,
 * is read to its end. null: there is none. Throws E_HOST_FILE; what is no regular file is refused.
 */
export async function readEnds(root: string, path: string, limit: EndsLimit): Promise<Ends | null> {
  try {
    const real = await resolveInRoot(nodeDisk, root, path, true);
    const file = await open(real, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const info = await file.stat({ bigint: true });
      requireRegular('read', path, info);
      const size = Number(info.size);
      return size === 0 ? await readAll(file, limit) : await readParts(file, size, limit);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isAbsent(error)) return null;
    throw fileError('read', path, error);
  }
}

async function readAll(file: FileHandle, limit: EndsLimit): Promise<Ends> {
  const kept = keepEnds(limit);
  for (;;) {
    const chunk = await readAt(file, null, chunkBytes);
    if (chunk.length === 0) return kept.ends();
    kept.add(chunk);
  }
}

async function readParts(file: FileHandle, size: number, limit: EndsLimit): Promise<Ends> {
  if (size <= limit.head + limit.tail) {
    return { head: await readAt(file, 0, size), tail: Buffer.alloc(0), omitted: 0 };
  }
  const head = await readAt(file, 0, limit.head);
  const tail = await readAt(file, size - limit.tail, limit.tail);
  return { head, tail, omitted: size - limit.head - limit.tail };
}

/** Up to so many bytes; fewer where the file ends before. `position` null: on from where the last one ended. */
async function readAt(file: FileHandle, position: number | null, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  for (let filled = 0; ; ) {
    const at = position === null ? null : position + filled;
    const { bytesRead } = await file.read(buffer, filled, length - filled, at);
    filled += bytesRead;
    if (bytesRead === 0 || filled === length || position === null) return buffer.subarray(0, filled);
  }
}
