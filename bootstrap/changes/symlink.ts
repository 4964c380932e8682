import type { Change, ChangeKind, SymlinkChange } from '../change.ts';
import { fileChange } from './file.ts';

/** A symlink with exactly this target. Undo brings back what was at the path, a file, a symlink or nothing. */
export const symlinkChange: ChangeKind<SymlinkChange> = {
  isDone: async (change, host) => (await host.files.readlink(change.path)) === change.target,

  apply: (change, host) => host.files.symlink(change.target, change.path),

  undo: ({ id, path }, host): Promise<Change[]> =>
    fileChange.undo({ kind: 'file', id, path, mode: 0o644, content: null }, host),
};
