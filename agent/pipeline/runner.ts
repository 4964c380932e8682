import type { ChangeKinds } from '../../bootstrap/change.ts';
import { removeUnneededCopies } from '../../bootstrap/changes/kept.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import type { StageOutputs } from '../../bootstrap/stage.ts';
import { type ApplyChange, writeAheadAndApply } from './apply-change.ts';
import type { EventBus } from './events.ts';
import type { Journal } from './journal.ts';
import { allUndoChanges, revertFailedStage } from './revert.ts';
import { type AnyStage, contextFor, type Selection, selectStages } from './selection.ts';
import { settleDisk } from './settle.ts';
import { stopOf, throwIfStopped } from './stop.ts';

export interface PipelineOptions extends Selection {
  readonly stages: readonly AnyStage[];
  readonly kinds: ChangeKinds;
  readonly host: Host;
  readonly journal: Journal;
  readonly events: EventBus;
  /** Aborted: stop at the next safe point. With an AgentError as its reason, that is what is thrown. */
  readonly signal: AbortSignal;
}

/**
 * Walks the stages in order: plan, apply what does not hold yet, verify. Calling it again is how a run is resumed:
 * nothing is skipped because of a record that says it was done. Gives what the stages proved. Throws what a stage
 * threw, E_CHANGE_DID_NOT_TAKE, E_STAGE_NOT_REVERTED, or what the signal was aborted with. The caller holds the run lock.
 *
 * `applyChange` is a parameter only so that the crash test can show that a wrong one is found.
 */
export async function runPipeline(
  options: PipelineOptions,
  applyChange: ApplyChange = writeAheadAndApply,
): Promise<Partial<StageOutputs>> {
  const { stages, host, journal, events, signal } = options;
  const selected = selectStages(stages, options);
  await settleDisk(host);
  const proved: Partial<StageOutputs> = {};
  for (const { stage, mode } of selected) {
    throwIfStopped(signal);
    events.emit({ type: 'stage-started', stage: stage.name, mode });
    let applied = 0;
    try {
      const context = contextFor(stage, proved, host, signal);
      if (mode === 'run') applied = await act(stage, options, proved, applyChange);
      Object.assign(proved, { [stage.name]: await stage.verify(context) });
      if (mode === 'run') await journal.held(stage.name);
    } catch (error) {
      throw await failed(stage, mode, stopOf(signal) ?? error, options);
    }
    events.emit({ type: 'stage-verified', stage: stage.name, mode, applied });
  }
  await removeUnneededCopies(host, allUndoChanges(journal));
  return proved;
}

/** Gives how many changes it made. */
async function act(
  stage: AnyStage,
  { kinds, host, journal, events, signal }: PipelineOptions,
  proved: Partial<StageOutputs>,
  applyChange: ApplyChange,
): Promise<number> {
  const changes = await stage.plan(contextFor(stage, proved, host, signal));
  events.emit({ type: 'stage-planned', stage: stage.name, changes: changes.length });
  let applied = 0;
  for (const change of changes) {
    throwIfStopped(signal);
    if (!(await applyChange(change, stage.name, { kinds, host, journal, signal }))) continue;
    applied += 1;
    events.emit({ type: 'change-applied', stage: stage.name, changeId: change.id });
  }
  throwIfStopped(signal);
  return applied;
}

/** Puts a stage that may cut us off back to where it last held, also when it was only interrupted; gives what to throw. */
async function failed(
  stage: AnyStage,
  mode: 'run' | 'prove',
  error: unknown,
  options: PipelineOptions,
): Promise<unknown> {
  const { events } = options;
  const mustRevert = mode === 'run' && stage.onFailure === 'revert';
  if (!mustRevert) {
    events.emit({ type: 'stage-failed', stage: stage.name, error, reverted: false });
    return error;
  }
  try {
    await revertFailedStage(stage.name, options);
    events.emit({ type: 'stage-failed', stage: stage.name, error, reverted: true });
    return error;
  } catch (revertError) {
    events.emit({ type: 'stage-failed', stage: stage.name, error, reverted: false });
    if (!(revertError instanceof AgentError)) return revertError;
    return new AgentError('E_STAGE_NOT_REVERTED', `${stage.name} failed and could not be put back`, {
      seen: `${revertError.code}: ${revertError.message}`,
      wanted: 'the host as it was before the stage',
      next: `conjurer revert --stage ${stage.name}`,
      cause: error,
    });
  }
}
