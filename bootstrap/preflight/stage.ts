import type { Facts } from '../facts/facts.ts';
import type { Stage } from '../stage.ts';
import type { PreflightReport } from './check.ts';
import { remarksOf, requirePassed } from './verdict.ts';

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
      if (!(await isIn())) requirePassed(report.checks);
      for (const text of remarksOf(report.checks)) note(text);
      return report;
    },
  };
}
