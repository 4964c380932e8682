import type { ChangeKind, ConfigurationChange } from '../../../bootstrap/change.ts';
import {
  generationPath,
  isComplete,
  readStoredConfiguration,
  removeJoin,
  storeConfiguration,
} from '../configuration-store.ts';
import type { EnrolmentParts } from '../enrolment.ts';

/**
 * The signed document on disk. The change that is journaled holds only its generation and hash, since the document may
 * hold join tokens and proxy passwords; its bytes are those that the plan has fetched and verified. A join that has been
 * taken out comes back only with another fetch.
 */
export function configurationKind(
  enrolment: Pick<EnrolmentParts, 'state' | 'fetched'>,
): ChangeKind<ConfigurationChange> {
  const { state } = enrolment;
  return {
    async isDone({ generation, hash, withoutJoin }, { files }) {
      const stored = await readStoredConfiguration(files, state, generation);
      if (stored?.hash !== hash) return false;
      return withoutJoin === true ? stored.document.cluster?.join === undefined : isComplete(files, stored);
    },
    async apply(change, { files }) {
      if (change.withoutJoin === true) return removeJoin(files, state, change.generation);
      const fetched = enrolment.fetched.get();
      if (fetched.hash !== change.hash) throw new Error('the plan fetched another configuration than it names');
      await storeConfiguration(files, state, change.generation, fetched.jws);
    },
    async undo(change, { files }) {
      if (change.withoutJoin === true) return [];
      if ((await files.stat(generationPath(change.generation))) !== null) return [];
      return [
        {
          kind: 'secret-file',
          id: `${change.id}-gone`,
          path: generationPath(change.generation),
          mode: 0o600,
          source: null,
        },
      ];
    },
  };
}
