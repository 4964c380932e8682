import type { CheckResult, Finding } from './check.ts';
import { type CheckEntry, type CheckId, checkTable } from './check-table.ts';

/** A finding with what the table knows of its check. A check that does not block warns at most. */
export function resultOf(id: CheckId, finding: Finding, durationMs: number): CheckResult {
  const { title, phase, why, blocks, required }: CheckEntry = checkTable[id];
  const status = finding.status === 'fail' && !blocks ? 'warn' : finding.status;
  return {
    id,
    title,
    phase,
    status,
    observed: finding.observed,
    required: finding.required ?? required,
    why,
    fix: status === 'fail' || status === 'warn' ? (finding.fix ?? null) : null,
    durationMs: Math.max(0, Math.round(durationMs)),
  };
}
