import type { ValidationReport } from '../bootstrap/components/report.ts';
import type { PreflightReport } from '../bootstrap/preflight/check.ts';
import type { ValidateRequest } from './agent.ts';
import type { Base } from './assemble.ts';
import { keepsState } from './keeps-state.ts';

/** The checks that a person or systemd asked for; what fails is kept for a bundle after a restart. */
export async function recordedPreflight(base: Base, signal: AbortSignal): Promise<PreflightReport> {
  const { preflight } = await import('./preflight.ts');
  const { recordPreflight } = await import('./diagnostics/flight-recorder/record-checks.ts');
  const report = await preflight(base, signal);
  if (await keepsState(base.host)) await recordPreflight(report, base.recorder);
  return report;
}

export async function recordedValidation(
  base: Base,
  request: ValidateRequest,
  signal: AbortSignal,
): Promise<ValidationReport> {
  const { validate } = await import('./validate.ts');
  const { recordValidation } = await import('./diagnostics/flight-recorder/record-checks.ts');
  const report = await validate(base, request, signal);
  if (await keepsState(base.host)) await recordValidation(report, base.recorder);
  return report;
}
