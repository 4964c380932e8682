import type { Facts } from '../bootstrap/facts/facts.ts';
import type { CheckResult, PreflightReport } from '../bootstrap/preflight/check.ts';
import { checkList } from '../bootstrap/preflight/check-list.ts';
import { type CheckEntry, type CheckId, checkTable } from '../bootstrap/preflight/check-table.ts';
import { createContext } from '../bootstrap/preflight/context.ts';
import { keepLastRun, readLastRun } from '../bootstrap/preflight/last-run.ts';
import { makeReport } from '../bootstrap/preflight/report.ts';
import { runChecks } from '../bootstrap/preflight/run-checks.ts';
import type { Base } from './assemble.ts';
import { builtInKeys } from './built-in-keys.ts';
import { paths } from './config/paths.ts';
import { clusterCidrs } from './enrolment/connectivity.ts';
import { openState } from './enrolment/state.ts';
import { checkWay } from './way-checks.ts';

/** Every check, of the machine and of the way to the Controller. Changes nothing. */
export async function preflight(base: Base, signal: AbortSignal): Promise<PreflightReport> {
  const [bootstrap, way] = await Promise.all([checkPhases(base, ['host', 'network'], signal), checkWay(base, signal)]);
  return reported(base, inTableOrder([...bootstrap, ...way]));
}

/** What bootstrap can check in these phases. `facts`: those of the run, where they are known already. */
export async function checkPhases(
  base: Base,
  phases: readonly CheckEntry['phase'][],
  signal: AbortSignal,
  facts?: Facts,
): Promise<CheckResult[]> {
  const { host, uid, config } = base;
  const state = openState(host.files);
  const settings = {
    network: config.network,
    firewall: config.firewall,
    proxy: config.proxy,
    clusterCidrs: () => clusterCidrs(host, state),
    isEnrolled: async () => (await state.node.read()) !== null,
  };
  const { requirements } = config.preflight;
  const parts = { host, uid, settings, requirements, builtInKeys, ...(facts === undefined ? {} : { facts }) };
  const checks = checkList.filter(({ id }) => phases.includes(checkTable[id].phase));
  return runChecks(checks, await createContext(parts, signal), signal);
}

/** The report over results: waivers, what changed since the last run, verdict. Root keeps it for the next run. */
export async function reported(base: Base, results: readonly CheckResult[]): Promise<PreflightReport> {
  const { host, uid, config } = base;
  const last = await readLastRun(host.files, paths.preflight);
  const report = makeReport({ results, waivers: config.preflight.waive, last, now: host.clock.now() });
  if (uid === 0) await keepLastRun(host.files, paths.preflight, report.checks);
  return report;
}

function inTableOrder(results: readonly CheckResult[]): CheckResult[] {
  const order = Object.keys(checkTable) as CheckId[];
  return [...results].sort((a, b) => order.indexOf(a.id as CheckId) - order.indexOf(b.id as CheckId));
}
