import type { PreflightReport } from '../../bootstrap/preflight/check.ts';
import { refusing } from '../../bootstrap/preflight/verdict.ts';
import type { EnrolmentParts } from './enrolment.ts';

/**
 * Keeps the report for the registration. A node that is activated goes on whatever failed: the Controller is told when
 * something begins to fail, and when it is mended, and not at each start.
 */
export async function keepReport(enrolment: EnrolmentParts, report: PreflightReport): Promise<PreflightReport> {
  const { preflight, state, options } = enrolment;
  preflight.set(report);
  if (!options.patient || (await state.activation.read()) === null) return report;
  if (refusing(report.checks).some(({ changed }) => changed !== undefined)) {
    await addPreflightFailed(enrolment, report, 'warn');
  } else if (refusing(report.checks).length === 0 && report.checks.some(({ changed }) => changed?.from === 'fail')) {
    await addPreflightPassed(enrolment, report);
  }
  return report;
}

/** A registration keeps saying what failed at first, since its bytes cannot change: the node's events say the rest. */
export async function tellOfMended(enrolment: EnrolmentParts, report: PreflightReport): Promise<void> {
  const queued = (await enrolment.state.events.read())?.queue ?? [];
  const last = queued.findLast(({ code }) => code.startsWith('preflight_'));
  if (last?.code === 'preflight_failed' && enrolment.options.patient) await addPreflightPassed(enrolment, report);
}

/** "alive, but preflight memory failed" */
export async function addPreflightFailed(
  { state, events }: Pick<EnrolmentParts, 'state' | 'events'>,
  report: PreflightReport,
  level: 'error' | 'warn',
): Promise<void> {
  const failed = refusing(report.checks);
  const message = `alive, but preflight ${failed.map(({ id }) => id).join(', ')} failed`;
  const queued = (await state.events.read())?.queue ?? [];
  if (queued.at(-1)?.message === message) return;
  const checks = failed.map(({ id, observed, required, fix }) => ({ id, observed, required, fix }));
  await events.add({ code: 'preflight_failed', level, message, data: { checks } });
}

async function addPreflightPassed({ events }: EnrolmentParts, { verdict }: PreflightReport): Promise<void> {
  const message = 'what failed in preflight is mended';
  await events.add({ code: 'preflight_passed', level: 'info', message, data: { verdict } });
}
