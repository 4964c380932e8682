import { AgentError } from '../../bootstrap/errors.ts';
import type { CheckResult } from '../../bootstrap/preflight/check.ts';
import type { CheckId } from '../../bootstrap/preflight/check-table.ts';
import { resultOf } from '../../bootstrap/preflight/result.ts';

/** What a check saw. Only `fail` (an AgentError thrown, too) holds up the checks above it. */
export interface Finding<T> {
  readonly value: T;
  readonly observed: string;
  /** Default `pass`. */
  readonly status?: CheckResult['status'];
  readonly fix?: string;
}

/** Results in the order of the checks. */
export interface CheckList {
  readonly results: readonly CheckResult[];
  /** Runs one check, or skips it when an earlier one failed. Null where there is no value to go on with. */
  check<T>(id: CheckId, work: () => Promise<Finding<T>>): Promise<T | null>;
}

/** `signal`: an abort is not the finding of a check; its reason is thrown. */
export function createCheckList(monotonicMs: () => number, signal?: AbortSignal): CheckList {
  const results: CheckResult[] = [];
  let failed: CheckId | null = null;

  return {
    results,
    async check(id, work) {
      if (failed !== null) {
        results.push(resultOf(id, { status: 'skip', observed: `not tried, since ${failed} failed` }, 0));
        return null;
      }
      const startedMs = monotonicMs();
      const { value, ...seen } = await work().catch((error: unknown) => {
        signal?.throwIfAborted();
        return failureOf(error);
      });
      results.push(resultOf(id, { status: 'pass', ...seen }, monotonicMs() - startedMs));
      if (seen.status !== 'fail') return value;
      failed = id;
      return null;
    },
  };
}

type Seen = { status: CheckResult['status']; observed: string; required?: string; fix?: string };

function failureOf(error: unknown): Seen & { value: null } {
  if (!(error instanceof AgentError)) throw error;
  const { message, seen, wanted, next } = error;
  const observed = seen === undefined ? message : `${message}: ${seen}`;
  return { value: null, status: 'fail', observed, fix: next, ...(wanted === undefined ? {} : { required: wanted }) };
}
