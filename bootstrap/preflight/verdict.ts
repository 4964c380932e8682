import { AgentError } from '../errors.ts';
import type { CheckResult } from './check.ts';
import { type CheckEntry, type CheckId, checkTable } from './check-table.ts';
import { blocking } from './report.ts';

/** What ends a run: a check that blocks, that nobody waived, and that no stage judges by itself. */
export function refusing(checks: readonly CheckResult[]): CheckResult[] {
  return blocking(checks).filter(({ id }) => {
    const { judgedBy }: CheckEntry = checkTable[id as CheckId];
    return judgedBy === undefined;
  });
}

/** Throws E_PREFLIGHT_FAILED. */
export function requirePassed(checks: readonly CheckResult[]): void {
  const failed = refusing(checks);
  if (failed.length > 0) throw refusal(failed);
}

/** Of all that is not as it should be, in words. */
export function remarksOf(checks: readonly CheckResult[]): string[] {
  return checks.flatMap(result => (result.status === 'fail' || result.status === 'warn' ? [remark(result)] : []));
}

function refusal(failed: readonly CheckResult[]): AgentError {
  const [first] = failed;
  const others = failed.slice(1).map(({ id }) => id);
  return new AgentError('E_PREFLIGHT_FAILED', `preflight ${failed.map(({ id }) => id).join(', ')} failed`, {
    seen: failed.map(({ id, observed }) => `${id}: ${observed}`).join('; '),
    wanted: failed.map(({ id, required }) => `${id}: ${required}`).join('; '),
    next: `${first?.fix ?? `conjurer explain ${first?.id}`}; then: conjurer preflight`,
    data: { check: first?.id ?? null, ...(others.length === 0 ? {} : { also: others.join(', ') }) },
  });
}

function remark({ id, status, observed, waived }: CheckResult): string {
  const verb = status === 'warn' ? 'warns' : 'failed';
  const by = waived === undefined ? '' : `, waived by ${waived.author} until ${waived.expires}: ${waived.reason}`;
  return `preflight ${id} ${verb}: ${observed}${by}`;
}
