import type { Change, ChangeKind, ChangeKinds } from '../../bootstrap/change.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import type { Journal } from './journal.ts';
import type { Owed } from './journal-entry.ts';

/** Makes one change of a stage hold; gives false where it held already. */
export type ApplyChange = (
  change: Change,
  stage: string,
  parts: { readonly kinds: ChangeKinds; readonly host: Host; readonly journal: Journal; readonly signal: AbortSignal },
) => Promise<boolean>;

/** Asks the host; writes the undo ahead; applies; asks the host again. */
export const writeAheadAndApply: ApplyChange = async (change, stage, { kinds, host, journal, signal }) => {
  const kind = kindOf(kinds, change);
  if (await kind.isDone(change, host)) {
    if (journal.owed().some(owed => isInFlight(owed, change, stage))) await journal.applied(stage, change.id);
    return false;
  }
  await journal.applying(stage, change, await kind.undo(change, host));
  await applyAndCheck(change, kinds, host, signal);
  await journal.applied(stage, change.id);
  return true;
};

/** Applies a change, and throws E_CHANGE_DID_NOT_TAKE where the host does not show it afterwards. */
export async function applyAndCheck(
  change: Change,
  kinds: ChangeKinds,
  host: Host,
  signal: AbortSignal,
): Promise<void> {
  const kind = kindOf(kinds, change);
  await kind.apply(change, host, signal);
  if (await kind.isDone(change, host)) return;
  throw new AgentError('E_CHANGE_DID_NOT_TAKE', `${change.id} was applied and does not hold`, {
    seen: 'the host without it',
    wanted: `${change.kind} ${change.id}`,
  });
}

/** A run was cut off between applying it and saying so. */
function isInFlight(owed: Owed, change: Change, stage: string): boolean {
  return owed.stage === stage && owed.change.id === change.id && !owed.applied;
}

/** The executor of a change. */
export function kindOf(kinds: ChangeKinds, change: Change): ChangeKind<Change> {
  return kinds[change.kind];
}
