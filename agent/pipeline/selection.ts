import { AgentError } from '../../bootstrap/errors.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import type { Stage, StageContext, StageName, StageOutputs } from '../../bootstrap/stage.ts';

/** Any stage of the list, whatever it needs. */
export type AnyStage = Stage<StageName, StageName>;

/** Which part of the list to walk; nothing given is all of it. */
export interface Selection {
  readonly until?: StageName;
  readonly from?: StageName;
  readonly only?: StageName;
}

/** `prove`: the stage is only verified, since a later one needs its output. */
export interface SelectedStage {
  readonly stage: AnyStage;
  readonly mode: 'run' | 'prove';
}

/** The stages to walk, in the order of the list. Throws E_USAGE where the selection makes no sense. */
export function selectStages(stages: readonly AnyStage[], selection: Selection): readonly SelectedStage[] {
  const { from, until, only } = selection;
  if (only !== undefined && (from !== undefined || until !== undefined)) {
    throw new AgentError('E_USAGE', '--only goes with neither --from nor --until');
  }
  const first = indexOf(stages, only ?? from) ?? 0;
  const last = indexOf(stages, only ?? until) ?? stages.length - 1;
  if (first > last) {
    throw new AgentError('E_USAGE', 'the stage of --from comes after that of --until', {
      seen: `--from ${from} --until ${until}`,
      wanted: stages.map(stage => stage.name).join(', '),
    });
  }
  const chosen = stages.slice(first, last + 1);
  const needed = withTheirNeeds(stages, chosen);
  return stages
    .filter(stage => chosen.includes(stage) || needed.has(stage.name))
    .map(stage => ({ stage, mode: chosen.includes(stage) ? 'run' : 'prove' }));
}

/** What a stage is given: the outputs that it named, and nothing else. */
export function contextFor(
  stage: AnyStage,
  proved: Partial<StageOutputs>,
  host: Host,
  signal: AbortSignal,
): StageContext<StageName> {
  const missing = stage.needs.find(name => proved[name] === undefined);
  if (missing !== undefined) {
    throw new AgentError('E_BUG', `stage ${stage.name} needs ${missing}, which does not come before it`);
  }
  const outputs = Object.fromEntries(stage.needs.map(name => [name, proved[name]]));
  return { host, outputs: outputs as unknown as StageOutputs, signal };
}

function indexOf(stages: readonly AnyStage[], name: StageName | undefined): number | undefined {
  if (name === undefined) return undefined;
  const index = stages.findIndex(stage => stage.name === name);
  if (index >= 0) return index;
  throw new AgentError('E_USAGE', `there is no stage ${name}`, {
    seen: name,
    wanted: stages.map(stage => stage.name).join(', '),
  });
}

function withTheirNeeds(stages: readonly AnyStage[], chosen: readonly AnyStage[]): ReadonlySet<StageName> {
  const needed = new Set<StageName>();
  const add = (stage: AnyStage | undefined) => {
    for (const name of stage?.needs ?? []) {
      if (needed.has(name)) continue;
      needed.add(name);
      add(stages.find(other => other.name === name));
    }
  };
  for (const stage of chosen) add(stage);
  return needed;
}
