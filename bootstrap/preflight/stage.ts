import { AgentError } from '../errors.ts';
import type { Facts } from '../facts/facts.ts';
import type { Stage } from '../stage.ts';
import type { CheckResult, PreflightReport } from './check.ts';
import { blocking } from './report.ts';

export interface PreflightStageOptions {
  /** The checks of this machine. */
  check(facts: Facts, signal: AbortSignal): Promise<PreflightReport>;
  /** The machine has been let in: what it lacks is told, and ends no run any more. */
  isIn(): Promise<boolean>;
  /** Told in words where something is not as it should be, and the run goes on. */
  note(text: string): void;
}

/**
 * This machine can become a node: asked before anything is changed, and before the network is touched. Changes nothing.
 * Throws E_PREFLIGHT_FAILED.
 */
export function preflightStage({ check, isIn, note }: PreflightStageOptions): Stage<'preflight', 'facts'> {
  return {
    name: 'preflight',
    needs: ['facts'],
    onFailure: 'keep',
    plan: async () => [],
    async verify({ outputs, signal }) {
      const report = await check(outputs.facts, signal);
      const failed = blocking(report.checks);
      if (failed.length > 0 && !(await isIn())) throw refusal(failed);
      for (const result of report.checks) {
        if (result.status === 'fail' || result.status === 'warn') note(remark(result));
      }
      return report;
    },
  };
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
