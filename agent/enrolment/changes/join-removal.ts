import type { ChangeKind, JoinRemovalChange } from '../../../bootstrap/change.ts';
import { readStoredConfiguration, removeJoin } from '../configuration-store.ts';
import type { State } from '../state.ts';

/** Nothing undoes it: the token is gone, and comes back only with another fetch of the configuration. */
export function joinRemovalKind(state: State): ChangeKind<JoinRemovalChange> {
  return {
    async isDone({ generation }, { files }) {
      const stored = await readStoredConfiguration(files, state, generation);
      return stored?.document.cluster?.join === undefined;
    },
    apply: ({ generation }, { files }) => removeJoin(files, state, generation),
    undo: async () => [],
  };
}
