import type { StageSelection } from './agent.ts';
import { assemble, type Base } from './assemble.ts';
import { planPipeline, type StagePlan } from './pipeline/plan.ts';

/** What `run` would do now. Asks the Controller once where that is needed, waits for nobody, changes nothing. */
export async function planStages(base: Base, selection: StageSelection, signal: AbortSignal): Promise<StagePlan[]> {
  const { enrolment, stages, kinds } = await assemble(base, onlyLooking, signal);
  try {
    return await planPipeline({ stages, kinds, host: base.host, signal, ...selection });
  } finally {
    await enrolment.link.close();
  }
}

/** Waits for nobody and keeps the inputs. */
export const onlyLooking = { patient: false, wait: false, splaySeconds: 0, removeInputs: true, confirmSeconds: 0 };
