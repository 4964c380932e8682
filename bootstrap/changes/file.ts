import { isUtf8 } from 'node:buffer';
import type { Change, ChangeKind, FileChange } from '../change.ts';
import { AgentError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { keepAside } from './kept.ts';

/** Above this, what was there is kept as a file of its own and not as text in the journal. */
const journaledBytes = 64 * 1024;
const readableByAll = 0o004;

/**
 * Exactly this text with exactly this mode, as a regular file: a symlink at the path is not followed but replaced.
 * Undo brings back bytes and mode. What is not public UTF-8 text of at most 64 KiB is copied aside (kept.ts), a symlink
 * comes back as a symlink, and where a directory or device is in the way nothing is done.
 */
export const fileChange: ChangeKind<FileChange> = {
  async isDone(change, host) {
    const info = await host.files.stat(change.path);
    if (change.content === null || info === null) return change.content === null && info === null;
    if (info.type !== 'file' || info.mode !== change.mode) return false;
    return (await host.files.read(change.path))?.equals(Buffer.from(change.content, 'utf8')) ?? false;
  },

  async apply(change, host) {
    if (change.content === null) await host.files.remove(change.path);
    else await host.files.write(change.path, change.content, change.mode);
  },

  async undo(change, host) {
    return [await bringBack(change, host)];
  },
};

/** The change that brings back what is at this path now, whatever it is. */
async function bringBack({ id, path }: FileChange, host: Host): Promise<Change> {
  const info = await host.files.stat(path);
  if (info === null) return { kind: 'file', id, path, mode: 0o644, content: null };
  if (info.type === 'symlink') {
    return { kind: 'symlink', id, path, target: (await host.files.readlink(path)) ?? '' };
  }
  const bytes = info.type === 'file' ? await host.files.read(path) : null;
  if (bytes === null) throw inTheWay(path, info.type);
  const isPublic = (info.mode & readableByAll) !== 0;
  if (isPublic && bytes.length <= journaledBytes && isUtf8(bytes)) {
    return { kind: 'file', id, path, mode: info.mode, content: bytes.toString('utf8') };
  }
  return keepAside(host, { id, path, mode: info.mode, bytes });
}

function inTheWay(path: string, type: string): AgentError {
  return new AgentError('E_HOST_FILE', `cannot write ${path}: something else is in its place`, {
    seen: type === 'other' ? 'a device, socket or pipe' : `a ${type}`,
    wanted: 'a regular file, or nothing',
    next: `ls -ld ${path}; move it away, then: conjurer run`,
  });
}
