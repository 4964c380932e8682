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
  readonly required?: string;
  readonly fix?: string;
}

/** Results in the order of the checks. */
export interface CheckList {
  readonly results: readonly CheckResult[];
  /** Runs one check, or skips it when an earlier one failed. Null where there is no value to go on with. */
  check<T>(id: CheckId, work: () => Promise<Finding<T>>): Promise<T | null>;
  /** The same, for a check that holds up none of those after it. */
  aside(id: CheckId, work: () => Promise<Finding<null>>): Promise<void>;
}

/** `signal`: an abort is not the finding of a check; its reason is thrown. */
export function createCheckList(monotonicMs: () => number, signal?: AbortSignal): CheckList {
  const results: CheckResult[] = [];
  let failed: CheckId | null = null;

  async function add<T>(id: CheckId, work: () => Promise<Finding<T>>): Promise<{ isFailed: boolean; value: T | null }> {
    if (failed !== null) {
      results.push(resultOf(id, { status: 'skip', observed: `not tried, since ${failed} failed` }, 0));
      return { isFailed: false, value: null };
    }
    const startedMs = monotonicMs();
    const { value, ...seen } = await work().catch((error: unknown) => {
      signal?.throwIfAborted();
      return failureOf(error);
    });
    results.push(resultOf(id, { status: 'pass', ...seen }, monotonicMs() - startedMs));
    return { isFailed: seen.status === 'fail', value };
  }

  return {
    results,
    async check(id, work) {
      const { isFailed, value } = await add(id, work);
      if (isFailed) failed = id;
      return isFailed ? null : value;
    },
    async aside(id, work) {
      await add(id, work);
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
