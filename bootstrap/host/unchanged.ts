import { constants } from 'node:fs';
import { AgentError } from '../errors.ts';
import type { FileInfo } from './host.ts';
import type { Seen } from './read-and-hash.ts';

/** Throws E_FILE_CHANGED where the file was written to, or another one put in its place, while it was read. */
export function requireUnchanged(path: string, before: Seen, after: Seen, atPath: Seen | undefined): void {
  const written = before.size !== after.size || before.mtimeNs !== after.mtimeNs || before.ctimeNs !== after.ctimeNs;
  const swapped = atPath === undefined || atPath.dev !== before.dev || atPath.ino !== before.ino;
  if (!written && !swapped) return;
  throw new AgentError('E_FILE_CHANGED', `${path} changed while it was read`, {
    seen: swapped ? (atPath === undefined ? 'it was removed' : 'another file is in its place') : 'it was written to',
    data: { path },
  });
}

/** Throws E_HOST_FILE where it is a directory, a link or a device. */
export function requireRegular(operation: string, path: string, { mode }: Pick<Seen, 'mode'>): void {
  if ((Number(mode) & constants.S_IFMT) === constants.S_IFREG) return;
  throw new AgentError('E_HOST_FILE', `cannot ${operation} ${path}: it is no regular file`, {
    wanted: 'a regular file',
    data: { operation, path, errno: null },
  });
}

/** Of a regular file. */
export function infoOf({ mode, uid, size, ino, dev, mtimeNs, ctimeNs }: Seen): FileInfo {
  return {
    type: 'file',
    mode: Number(mode) & 0o7777,
    uid: Number(uid),
    size: Number(size),
    inode: Number(ino),
    device: Number(dev),
    mtimeMs: milliseconds(mtimeNs),
    ctimeMs: milliseconds(ctimeNs),
  };
}

/** As Node does it, so that it compares with the time in any other FileInfo. */
function milliseconds(ns: bigint): number {
  return Number(ns / 1_000_000_000n) * 1000 + Number(ns % 1_000_000_000n) / 1_000_000;
}
