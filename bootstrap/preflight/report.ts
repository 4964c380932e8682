import type { CheckResult, CheckStatus, PreflightReport } from './check.ts';
import { applyWaivers, type ConfiguredWaiver } from './waivers.ts';

export interface ReportParts {
  readonly results: readonly CheckResult[];
  readonly waivers: readonly ConfiguredWaiver[];
  /** Status of each check in the last run that was kept, by id. */
  readonly last: ReadonlyMap<string, CheckStatus>;
  readonly now: Date;
}

/** The report over all results: with the waivers that hold, what changed since the last run, and the verdict. */
export function makeReport({ results, waivers, last, now }: ReportParts): PreflightReport {
  const checks = applyWaivers(results, waivers, now).map(result => withChange(result, last.get(result.id)));
  return {
    schema: 'conjurer.preflight/v1',
    at: now.toISOString().replace(/\.\d+Z$/, 'Z'),
    verdict: verdictOf(checks),
    checks,
  };
}

/** What failed and nobody waived. */
export function blocking(checks: readonly CheckResult[]): CheckResult[] {
  return checks.filter(({ status, waived }) => status === 'fail' && waived === undefined);
}

function verdictOf(checks: readonly CheckResult[]): PreflightReport['verdict'] {
  if (blocking(checks).length > 0) return 'fail';
  return checks.some(({ status }) => status === 'fail' || status === 'warn') ? 'warn' : 'pass';
}

function withChange(result: CheckResult, before: CheckStatus | undefined): CheckResult {
  const isSame = before === undefined || before === result.status || result.status === 'skip';
  return isSame ? result : { ...result, changed: { from: before } };
}
