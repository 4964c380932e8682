import type { Change } from '../../bootstrap/change.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import type { StageContext, StageName, StageOutputs } from '../../bootstrap/stage.ts';
import { kindOf } from './apply-change.ts';
import { describeChange } from './diff.ts';
import type { PipelineOptions } from './runner.ts';
import { type AnyStage, contextFor, selectStages } from './selection.ts';
import { throwIfStopped } from './stop.ts';

/** What `run` would do in one stage. */
export type StagePlan = { readonly stage: StageName } & (
  | { readonly state: 'holds' }
  /** In this order. Those that hold already are left out. */
  | { readonly state: 'acts'; readonly changes: readonly PlannedChange[] }
  /** It depends on what `before` will prove, once it has acted. */
  | { readonly state: 'not-known'; readonly before: StageName }
  /** The run would end here, as far as can be told now. */
  | { readonly state: 'fails'; readonly error: AgentError }
);

export interface PlannedChange {
  readonly change: Change;
  /** Lines for a person, "- " what goes and "+ " what comes. Never a secret's content. */
  readonly diff: readonly string[];
}

type PlanOptions = Omit<PipelineOptions, 'journal' | 'events'>;

/**
 * The very changes that `runPipeline` with the same options would apply now. Reads only; needs no lock. A stage that
 * is only to be proved is in the answer where it cannot be.
 */
export async function planPipeline(options: PlanOptions): Promise<StagePlan[]> {
  const proved: Partial<StageOutputs> = {};
  const plans: StagePlan[] = [];
  for (const { stage, mode } of selectStages(options.stages, options)) {
    throwIfStopped(options.signal);
    const unproved = stage.needs.find(name => proved[name] === undefined);
    const plan =
      unproved === undefined ? await planStage(stage, mode, proved, options) : notKnown(stage, unproved, plans);
    if (mode === 'run' || plan.state !== 'holds') plans.push(plan);
  }
  return plans;
}

/** Where nothing is left to do, the stage is verified too, and its output added to `proved`. */
async function planStage(
  stage: AnyStage,
  mode: 'run' | 'prove',
  proved: Partial<StageOutputs>,
  options: PlanOptions,
): Promise<StagePlan> {
  const context = contextFor(stage, proved, options.host, options.signal);
  try {
    const changes = mode === 'run' ? await pendingChanges(stage, context, options) : [];
    if (changes.length > 0) return { stage: stage.name, state: 'acts', changes };
    Object.assign(proved, { [stage.name]: await stage.verify(context) });
    return { stage: stage.name, state: 'holds' };
  } catch (error) {
    if (error instanceof AgentError) return { stage: stage.name, state: 'fails', error };
    throw error;
  }
}

async function pendingChanges(
  stage: AnyStage,
  context: StageContext<StageName>,
  { kinds, host }: PlanOptions,
): Promise<PlannedChange[]> {
  const pending: PlannedChange[] = [];
  for (const change of await stage.plan(context)) {
    if (await kindOf(kinds, change).isDone(change, host)) continue;
    pending.push({ change, diff: await describeChange(change, host) });
  }
  return pending;
}

/** Names the first stage that must act, not the nearest one that waits for it in its turn. */
function notKnown(stage: AnyStage, needed: StageName, plans: readonly StagePlan[]): StagePlan {
  const blocking = plans.find(plan => plan.stage === needed);
  return { stage: stage.name, state: 'not-known', before: blocking?.state === 'not-known' ? blocking.before : needed };
}
