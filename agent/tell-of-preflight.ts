import { AgentError } from '../bootstrap/errors.ts';
import type { PreflightReport } from '../bootstrap/preflight/check.ts';
import { refusing } from '../bootstrap/preflight/verdict.ts';
import { type Assembled, assemble, type Base } from './assemble.ts';
import { addPreflightFailed } from './enrolment/preflight-events.ts';
import { createEventBus } from './pipeline/events.ts';
import { openJournal } from './pipeline/journal.ts';
import { runPipeline } from './pipeline/runner.ts';
import { onlyLooking } from './plan-stages.ts';

const ANNOUNCE_MS = 20_000;
/** Nobody waits, and nothing is waited for. */
const once = { ...onlyLooking, removeInputs: false, onlyAnnounces: true };

/**
 * "Alive, but preflight memory failed": kept as an event for the node that this machine is to become. Until then nobody
 * can send it, so that the machine registers with the report, once and waiting for nobody: the Controller lists it with
 * what failed. What goes wrong here is not the run's failure.
 */
export async function tellOfPreflight(base: Base, { enrolment }: Assembled): Promise<void> {
  const report = enrolment.preflight.known();
  if (report === null) return;
  await addPreflightFailed(enrolment, report, 'error');
  if ((await enrolment.state.activation.read()) !== null) return;
  // Not by the template's identity, and not in the place of a node that a technician wants back.
  if (refusing(report.checks).some(({ id }) => id === 'machine-id')) return;
  if ((await enrolment.recovery()).intent === 'recover') return;
  if (await registerWith(base, report)) {
    base.bus.emit({ type: 'remark', text: 'the Controller was told: alive, but preflight failed' });
  }
}

/** Whether the Controller has the registration. */
async function registerWith(base: Base, report: PreflightReport): Promise<boolean> {
  const { host } = base;
  const signal = AbortSignal.timeout(ANNOUNCE_MS);
  const events = createEventBus(() => undefined);
  const { enrolment, stages, kinds } = await assemble({ ...base, bus: events }, once, signal);
  try {
    enrolment.preflight.set(report);
    const journal = await openJournal(host);
    await runPipeline({ stages, kinds, host, journal, events, signal, only: 'register' });
  } catch (error) {
    if (!(error instanceof AgentError)) return false;
  } finally {
    await enrolment.link.close();
  }
  const registration = await enrolment.state.registration.read();
  return registration !== null && registration.answer !== null;
}
