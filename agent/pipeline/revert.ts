import type { Change, ChangeKinds } from '../../bootstrap/change.ts';
import { removeUnneededCopies } from '../../bootstrap/changes/kept.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import type { StageName } from '../../bootstrap/stage.ts';
import { applyAndCheck, kindOf } from './apply-change.ts';
import type { EventBus } from './events.ts';
import type { Journal } from './journal.ts';
import type { Owed } from './journal-entry.ts';
import type { AnyStage } from './selection.ts';
import { settleDisk } from './settle.ts';
import { throwIfStopped } from './stop.ts';

export interface RevertOptions {
  readonly stages: readonly AnyStage[];
  readonly kinds: ChangeKinds;
  readonly host: Host;
  readonly journal: Journal;
  readonly events: EventBus;
  readonly signal: AbortSignal;
}

export interface Reverted {
  /** Ids of the changes that were undone, in that order. */
  readonly undone: readonly string[];
  readonly kept: readonly { readonly id: string; readonly why: string }[];
}

/**
 * Undoes what the journal owes, newest first, of one stage or (null) of all. It stops at the point of no return: once
 * a stage that is marked so has acted, what it and the stages before it did stays. Interrupted, it goes on when it is
 * called again. The caller holds the run lock.
 */
export async function revertPipeline(options: RevertOptions, stage: StageName | null): Promise<Reverted> {
  const { stages, host, journal, signal } = options;
  await settleDisk(host);
  const barrier = pointOfNoReturn(stages, journal);
  const undone: string[] = [];
  const kept: { id: string; why: string }[] = [];
  for (const owed of journal.owed().toReversed()) {
    if (stage !== null && owed.stage !== stage) continue;
    throwIfStopped(signal);
    if (barrier !== null && isUpTo(stages, owed.stage, barrier)) {
      kept.push({ id: owed.change.id, why: `${barrier} is the point of no return: conjurer reset` });
      continue;
    }
    await undo(owed, owed.undo, 'start', options);
    if (owed.undo.length > 0) undone.push(owed.change.id);
    else kept.push({ id: owed.change.id, why: 'this change cannot be undone' });
  }
  await removeUnneededCopies(host, allUndoChanges(journal));
  return { undone, kept };
}

/**
 * Brings a stage back to where it last held, newest change first. Not interruptible: a stage that is to be reverted may
 * have cut the machine off.
 */
export async function revertFailedStage(
  stage: StageName,
  options: Pick<RevertOptions, 'kinds' | 'host' | 'journal' | 'events'>,
): Promise<void> {
  const { journal, host } = options;
  const changed = journal.owed().flatMap(owed => {
    return owed.stage === stage && owed.sinceHeld !== null ? [{ owed, ...owed.sinceHeld }] : [];
  });
  for (const one of changed.toSorted((a, b) => b.sequence - a.sequence)) {
    await undo(one.owed, one.undo, 'held', { ...options, signal: new AbortController().signal });
  }
  await removeUnneededCopies(host, allUndoChanges(journal));
}

/** Every undo that may still be asked for. */
export function allUndoChanges(journal: Journal): readonly Change[] {
  return journal.owed().flatMap(owed => [...owed.undo, ...(owed.sinceHeld?.undo ?? [])]);
}

async function undo(
  owed: Owed,
  changes: readonly Change[],
  to: 'start' | 'held',
  { kinds, host, journal, events, signal }: Omit<RevertOptions, 'stages'>,
): Promise<void> {
  for (const change of changes) {
    if (!(await kindOf(kinds, change).isDone(change, host))) await applyAndCheck(change, kinds, host, signal);
  }
  await journal.undone(owed.stage, owed.change.id, to);
  if (changes.length > 0) events.emit({ type: 'change-undone', stage: owed.stage, changeId: owed.change.id });
}

function pointOfNoReturn(stages: readonly AnyStage[], journal: Journal): StageName | null {
  const hasActed = (stage: AnyStage) => journal.owed().some(owed => owed.stage === stage.name);
  return stages.findLast(stage => stage.pointOfNoReturn === true && hasActed(stage))?.name ?? null;
}

/** A stage that this version does not know counts as an early one. */
function isUpTo(stages: readonly AnyStage[], stage: string, barrier: StageName): boolean {
  const index = stages.findIndex(one => one.name === stage);
  return index <= stages.findIndex(one => one.name === barrier);
}
