import { AgentError } from '../bootstrap/errors.ts';
import { type Facts, imageOf } from '../bootstrap/facts/facts.ts';
import { gatherFacts } from '../bootstrap/facts/gather.ts';
import type { Check, CheckResult, PreflightReport } from '../bootstrap/preflight/check.ts';
import { checkList } from '../bootstrap/preflight/check-list.ts';
import { type CheckEntry, type CheckId, checkTable } from '../bootstrap/preflight/check-table.ts';
import { createContext } from '../bootstrap/preflight/context.ts';
import { keepLastRun, readLastRun } from '../bootstrap/preflight/last-run.ts';
import { makeReport } from '../bootstrap/preflight/report.ts';
import { runChecks } from '../bootstrap/preflight/run-checks.ts';
import type { Base } from './assemble.ts';
import { builtInKeys } from './built-in-keys.ts';
import { paths } from './config/paths.ts';
import { createOutside } from './controller/outside.ts';
import { clusterCidrs } from './enrolment/connectivity.ts';
import { openState } from './enrolment/state.ts';
import { findWay, type Way } from './find-way.ts';
import { keepsState } from './keeps-state.ts';
import { checkWay } from './way-checks.ts';

type Phase = CheckEntry['phase'];

/** Every check, of the machine and of the way to the Controller. Changes nothing. */
export async function preflight(base: Base, signal: AbortSignal): Promise<PreflightReport> {
  const report = await reported(base, await checkPhases(base, ['host', 'network'], signal));
  await keep(base, report);
  return report;
}

/** What a run, or a plan of it, knows when it makes its checks. */
export interface Running {
  readonly facts: Facts;
  /** false: a plan, which writes nothing. */
  readonly keeps: boolean;
}

/** Those that a run makes before the network is touched; what a stage judges by itself is left to it. */
export async function preflightOfMachine(
  base: Base,
  { facts, keeps }: Running,
  signal: AbortSignal,
): Promise<PreflightReport> {
  const report = await reported(base, await checkPhases(base, ['host'], signal, facts));
  if (keeps) await keep(base, report);
  return report;
}

/** Those of the network, with what was found of the machine before. `before` null: that was not looked at. */
export async function preflightOfNetwork(
  base: Base,
  { facts, keeps }: Running,
  before: PreflightReport | null,
  signal: AbortSignal,
): Promise<PreflightReport> {
  const report = await reported(base, await checkPhases(base, ['network'], signal, facts));
  if (keeps) await keep(base, report);
  if (before === null) return report;
  const worst = (['fail', 'warn'] as const).find(one => [before.verdict, report.verdict].includes(one)) ?? 'pass';
  return { ...report, verdict: worst, checks: inTableOrder([...before.checks, ...report.checks]) };
}

/** `facts`: those of the run, where they are known already; the checks are then those of a run. */
async function checkPhases(
  base: Base,
  phases: readonly Phase[],
  signal: AbortSignal,
  facts?: Facts,
): Promise<CheckResult[]> {
  const { host } = base;
  const isAsked = (id: CheckId) => phases.includes(checkTable[id].phase) && (facts === undefined || !isJudged(id));
  const knowing = once(async () => facts ?? gatherFacts(host, signal));
  const finding = once(() => findWay(base));
  const inputs = async () => (phases.includes('host') && facts === undefined ? (await finding()).results : []);
  const way = async () =>
    phases.includes('network') ? checkWay(await finding(), imageOf(await knowing()), signal) : [];
  const machine = checkMachine(
    base,
    checkList.filter(({ id }) => isAsked(id)),
    { facts: knowing, find: async () => (await finding()).way },
    signal,
  );
  // All are waited for together: one that is stopped while another is waited for would end the program.
  const results = await Promise.all([machine, inputs(), way()]);
  return inTableOrder(results.flat());
}

function isJudged(id: CheckId): boolean {
  const { judgedBy }: CheckEntry = checkTable[id];
  return judgedBy !== undefined;
}

async function checkMachine(
  base: Base,
  checks: readonly Check[],
  known: { readonly facts: () => Promise<Facts>; readonly find: () => Promise<Way | null> },
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const { host, uid, config } = base;
  const state = openState(host.files);
  const settings = {
    network: config.network,
    firewall: config.firewall,
    proxy: config.proxy,
    // Who may not read the configuration in force still compares with the usual networks.
    clusterCidrs: () => clusterCidrs(host, state).catch(error => unlessUnreadable(error, uid, [])),
    isEnrolled: async () => (await state.node.read()) !== null,
  };
  const { requirements } = config.preflight;
  const usual = { proxy: null, clock: host.clock, patience: config.enrolment.patience };
  const outside = createOutside(known.find, usual);
  const parts = { host, uid, settings, outside, requirements, builtInKeys, facts: known.facts };
  return runChecks(checks, await createContext(parts, signal), signal);
}

/** The report over results: waivers, what changed since the last run that was kept, verdict. */
async function reported({ host, config }: Base, results: readonly CheckResult[]): Promise<PreflightReport> {
  const last = await readLastRun(host.files, paths.preflight);
  return makeReport({ results, waivers: config.preflight.waive, last, now: host.clock.now() });
}

/** For the next run to say what has changed. */
async function keep({ host, uid }: Base, report: PreflightReport): Promise<void> {
  if (uid === 0 && (await keepsState(host))) await keepLastRun(host.files, paths.preflight, report.checks);
}

function unlessUnreadable<T>(error: unknown, uid: number, instead: T): T {
  if (uid !== 0 && error instanceof AgentError && error.code === 'E_HOST_FILE') return instead;
  throw error;
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let working: Promise<T> | null = null;
  return () => {
    working ??= work();
    return working;
  };
}

function inTableOrder(results: readonly CheckResult[]): CheckResult[] {
  const order = Object.keys(checkTable) as CheckId[];
  return [...results].sort((a, b) => order.indexOf(a.id as CheckId) - order.indexOf(b.id as CheckId));
}
