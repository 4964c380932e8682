import type { StageName } from '../bootstrap/stage.ts';
import type { RevertReport } from './agent.ts';
import type { Base } from './assemble.ts';
import { openJournal } from './pipeline/journal.ts';
import { revertPipeline } from './pipeline/revert.ts';
import { underLock } from './run.ts';

/** Undoes what the journal owes, of one stage or (null) of all, up to the point of no return. */
export async function revert(base: Base, stage: StageName | null, signal: AbortSignal): Promise<RevertReport> {
  const { host, bus: events } = base;
  let report: RevertReport = { undone: [], kept: [] };
  const quietly = { patient: false, wait: false, splay: false, removeInputs: false };
  await underLock(base, quietly, signal, async ({ stages, kinds }) => {
    const journal = await openJournal(host);
    report = await revertPipeline({ stages, kinds, host, journal, events, signal }, stage);
    return false;
  });
  return report;
}
