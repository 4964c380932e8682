import type { CheckResult, Waiver } from './check.ts';
import { type CheckEntry, checkTable } from './check-table.ts';

/** One of `preflight.waive` in conjurer.yaml. */
export interface ConfiguredWaiver extends Waiver {
  readonly id: string;
}

/** Checks that nobody can waive: going on without them is never right. */
export const unwaivable: readonly string[] = Object.entries<CheckEntry>(checkTable)
  .filter(([, { waivable }]) => waivable === false)
  .map(([id]) => id);

/**
 * Marks what failed or warned with the waiver that holds for it; the status stays. A waiver that has expired does not
 * hold, and the result says so.
 */
export function applyWaivers(
  results: readonly CheckResult[],
  waivers: readonly ConfiguredWaiver[],
  now: Date,
): CheckResult[] {
  return results.map(result => {
    if (result.status !== 'fail' && result.status !== 'warn') return result;
    const own = unwaivable.includes(result.id) ? [] : waivers.filter(({ id }) => id === result.id);
    const valid = own.find(({ expires }) => now.getTime() < endOf(expires));
    if (valid !== undefined) {
      const { reason, author, expires } = valid;
      return { ...result, waived: { reason, author, expires } };
    }
    const [expired] = own;
    if (expired === undefined) return result;
    return { ...result, observed: `${result.observed} (the waiver of ${expired.author} ended ${expired.expires})` };
  });
}

/** A date holds to its end, in UTC; a time to the second. */
function endOf(expires: string): number {
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(expires);
  return isDate ? Date.parse(`${expires}T00:00:00Z`) + 24 * 3600 * 1000 : Date.parse(expires);
}
