import type { ChangeKind, MoveChange } from '../change.ts';

/** A file that gets another name, on the same file system. What has its new name already is not moved again. */
export const moveChange: ChangeKind<MoveChange> = {
  async isDone({ from, to }, { files }) {
    return (await files.stat(to)) !== null || (await files.stat(from)) === null;
  },
  apply: ({ from, to }, { files }) => files.rename(from, to),
  async undo({ id, from, to }) {
    return [{ kind: 'move', id, from: to, to: from }];
  },
};
