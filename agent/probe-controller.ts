import type { Probe } from '../bootstrap/firewall/stage.ts';
import type { Base } from './assemble.ts';
import { ONLY_THE_CLOCK } from './controller/untrusted.ts';
import { findWay } from './find-way.ts';
import { checkWay } from './way-checks.ts';

/** Whether the Controller can be reached now, as the preflight checks find it: once, layer by layer. */
export async function probeController(base: Base, signal: AbortSignal): Promise<Probe> {
  const found = await findWay(base);
  const checks = [...found.results, ...(await checkWay(found, null, signal))];
  const reached = checks.find(check => check.id === 'controller-tls');
  const failed = checks.find(check => check.status === 'fail');
  if (reached?.status === 'pass') return { result: 'reached', text: reached.observed ?? reached.title };
  // It is the Controller that was reached: its chain was checked without the dates. The clock is the time keeper's.
  if (failed?.observed?.startsWith(ONLY_THE_CLOCK)) return { result: 'reached', text: failed.observed };
  const text = failed === undefined ? 'no check said why' : `${failed.id}: ${failed.observed}`;
  return { result: found.way === null ? 'unknown' : 'not-reached', text };
}
