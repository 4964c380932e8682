import type { ChangeKind, ConfigurationChange } from '../../../bootstrap/change.ts';
import { generationPath, isComplete, readStoredConfiguration, storeConfiguration } from '../configuration-store.ts';
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
    async isDone({ generation, hash }, { files }) {
      const stored = await readStoredConfiguration(files, state, generation);
      return stored?.hash === hash && (await isComplete(files, stored));
    },
    async apply(change, { files }) {
      const fetched = enrolment.fetched.get();
      if (fetched.hash !== change.hash) throw new Error('the plan fetched another configuration than it names');
      await storeConfiguration(files, state, change.generation, fetched.jws);
    },
    async undo(change, { files }) {
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
