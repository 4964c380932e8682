import { createEventBus, type PipelineEvent } from '../../../../agent/pipeline/events.ts';
import { openJournal } from '../../../../agent/pipeline/journal.ts';
import type { PipelineOptions } from '../../../../agent/pipeline/runner.ts';
import type { AnyStage } from '../../../../agent/pipeline/selection.ts';
import type { Change } from '../../../../bootstrap/change.ts';
import type { StageContext, StageName, StageOutputs } from '../../../../bootstrap/stage.ts';
import { syntheticKinds } from '../../../pipeline/synthetic.ts';
import { powerCutHost, powerCutMachine } from '../../../support/power-cut-host.ts';

export const fileOf = (id: string, content: string | null): Change => ({
  kind: 'file',
  id,
  path: `/etc/${id}`,
  mode: 0o644,
  content,
});

/** A stage that plans these changes, proves a made-up output, and writes down when it is asked. */
export function stage<Name extends StageName>(
  name: Name,
  output: StageOutputs[Name],
  parts: Partial<Omit<AnyStage, 'plan'>> & {
    readonly plan?: readonly Change[] | ((context: StageContext<StageName>) => Change[]);
    readonly log?: string[];
  } = {},
): AnyStage {
  const { plan = [], log = [], ...rest } = parts;
  return {
    name,
    needs: [],
    onFailure: 'keep',
    plan: async context => {
      log.push(`plan ${name} ${Object.keys(context.outputs).join()}`.trim());
      return typeof plan === 'function' ? plan(context) : [...plan];
    },
    verify: async context => {
      log.push(`verify ${name} ${Object.keys(context.outputs).join()}`.trim());
      return output;
    },
    ...rest,
  };
}

export const registered = { nodeId: 'n', registrationId: 'r', certSha256: 'c' };

/** What runPipeline and revertPipeline are given, on a machine in memory, and what they said. */
export async function pipelineOf(stages: readonly AnyStage[], machine = powerCutMachine()) {
  const events = createEventBus();
  const said: PipelineEvent[] = [];
  events.subscribe(event => said.push(event));
  const host = powerCutHost(machine);
  const controller = new AbortController();
  const options: PipelineOptions = {
    stages,
    kinds: syntheticKinds,
    host,
    journal: await openJournal(host),
    events,
    signal: controller.signal,
  };
  return { machine, host, options, said, controller };
}
