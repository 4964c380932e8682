import { removeReplaced } from '../bootstrap/changes/component-file.ts';
import { type ErrorCode, errorTable } from '../bootstrap/error-table.ts';
import { AgentError } from '../bootstrap/errors.ts';
import type { RunOptions } from './agent.ts';
import { type Assembled, assemble, type Base } from './assemble.ts';
import { keepIssueFile } from './console/issue-file.ts';
import { recordRun } from './diagnostics/flight-recorder/record-run.ts';
import { keepReporting } from './enrolment/heartbeat.ts';
import { openJournal } from './pipeline/journal.ts';
import { acquireRunLock } from './pipeline/run-lock.ts';
import { runPipeline } from './pipeline/runner.ts';
import { type Selection, selectStages } from './pipeline/selection.ts';
import { stageOrder } from './pipeline/stages.ts';
import { neverRun, readStatus } from './pipeline/status.ts';
import { keepStatusFile } from './pipeline/status-file.ts';
import { takeDelivered } from './take-delivered.ts';
import { tellOfPreflight } from './tell-of-preflight.ts';
import { version } from './version.ts';

const LAST_WORD_MS = 10_000;
/** How often one run begins again because the Controller's configuration changed under it. */
const MOST_SUPERSEDED = 10;

/** What happens under the run lock; gives whether the machine is handed off. */
export type Work = (assembled: Assembled, signal: AbortSignal) => Promise<boolean>;

/** The pipeline, as `conjurer run` walks it. `prepare` is done under the lock, before anything is read. */
export async function runStages(
  base: Base,
  options: RunOptions,
  signal: AbortSignal,
  prepare: () => Promise<void> = async () => undefined,
): Promise<boolean> {
  const ready = async () => {
    await takeDelivered(base);
    await prepare();
  };
  const patiently = { ...options, patient: true, recorded: true, prepare: ready };
  return underLock(base, patiently, signal, async (assembled, workSignal) => {
    const { stages, kinds } = assembled;
    const { host, bus: events } = base;
    const journal = await openJournal(host);
    const selection = stageSelection(options);
    requireName(assembled, selection);
    for (let superseded = 0; ; superseded += 1) {
      try {
        const proved = await runPipeline({ stages, kinds, host, journal, events, signal: workSignal, ...selection });
        if (proved.handoff !== undefined) await removeReplaced(host);
        return proved.handoff !== undefined;
      } catch (error) {
        const isNewer = error instanceof AgentError && error.code === 'E_CONFIG_SUPERSEDED';
        if (!isNewer || superseded === MOST_SUPERSEDED) throw error;
      }
    }
  });
}

/**
 * Takes the run lock and keeps status.json while `work` is done. From the activation on the Controller is told of events
 * and of failures; that never makes the run fail or wait longer.
 */
export async function underLock(
  base: Base,
  options: Pick<RunOptions, 'wait' | 'splay' | 'removeInputs'> & {
    readonly patient: boolean;
    /** What goes wrong is kept by the flight recorder. */
    readonly recorded?: boolean;
    readonly prepare?: () => Promise<void>;
  },
  signal: AbortSignal,
  work: Work,
): Promise<boolean> {
  const { host, bus, config, command, processes } = base;
  const now = () => host.clock.now();
  const lock = await acquireRunLock({ files: host.files, processes, now }, `conjurer ${command}`);
  lock.follow(bus);
  const before = (await readStatus(host.files, false)) ?? neverRun(version.version, stageOrder);
  const status = keepStatusFile(host.files, bus, { ...before, version: version.version }, { now, pid: processes.pid });
  const recorder = options.recorded === true ? recordRun(bus, base.recorder) : null;
  const closeIssue = keepIssueFile(host.files, bus, status.current);
  const ending = new AbortController();
  const workSignal = AbortSignal.any([signal, ending.signal]);
  let assembled: Assembled | null = null;
  try {
    bus.emit({ type: 'run-started', command });
    await options.prepare?.();
    assembled = await assemble(
      base,
      {
        patient: options.patient,
        wait: options.wait,
        splaySeconds: options.splay ? config.enrolment.splaySeconds : 0,
        removeInputs: options.removeInputs,
        confirmSeconds: config.enrolment.confirmSeconds,
      },
      workSignal,
    );
    await tellIdentity(base, assembled);
    reportWhileWaiting(base, assembled, workSignal);
    const handedOff = await work(assembled, signal);
    if (handedOff) await lastWord(assembled);
    bus.emit({ type: 'run-ended', outcome: { state: 'done', handedOff } });
    return handedOff;
  } catch (error) {
    if (assembled !== null) await reportFailure(base, assembled, error);
    bus.emit({ type: 'run-ended', outcome: { state: 'failed', error } });
    throw error;
  } finally {
    ending.abort(new AgentError('E_TERMINATED', 'the run has ended'));
    await assembled?.enrolment.link.close();
    await status.close();
    await recorder?.close();
    await closeIssue();
    await lock.release();
  }
}

/**
 * The service starts at boot also where the template's runcmd names the machine: without a name it must end, and leave the
 * lock, before anything is done.
 */
function requireName({ stages, enrolment }: Assembled, selection: Selection): void {
  if (selectStages(stages, selection).some(({ stage }) => stage.name === 'register')) enrolment.edgeName();
}

function stageSelection({ until, from, only }: RunOptions): Selection {
  return {
    ...(until === undefined ? {} : { until }),
    ...(from === undefined ? {} : { from }),
    ...(only === undefined ? {} : { only }),
  };
}

async function tellIdentity({ bus, config }: Base, { enrolment }: Assembled): Promise<void> {
  const node = await enrolment.state.node.read();
  const edgeName = node?.edgeName ?? config.edgeName;
  bus.emit({
    type: 'identity-known',
    identity: {
      ...(edgeName === null ? {} : { edgeName }),
      ...(node === null ? {} : { nodeId: node.nodeId, registrationId: node.registrationId }),
    },
  });
}

/** The heartbeat begins when the activation is proved, and ends with the run. */
function reportWhileWaiting({ bus, config }: Base, { enrolment }: Assembled, signal: AbortSignal): void {
  const unsubscribe = bus.subscribe(event => {
    if (event.type !== 'stage-verified' || event.stage !== 'activate') return;
    unsubscribe();
    void enrolment.state.node.read().then(node => {
      if (node === null) return undefined;
      const { nodeId, registrationId } = node;
      bus.emit({ type: 'identity-known', identity: { nodeId, registrationId } });
      return keepReporting(enrolment, nodeId, config.enrolment.heartbeatSeconds, signal);
    });
  });
}

/** What is still to be told is told once, and otherwise by the next run. */
async function lastWord({ enrolment }: Assembled): Promise<void> {
  const { state, lineage } = enrolment;
  const node = await state.node.read();
  const queue = await state.events.read();
  if (node === null || queue === null || queue.queue.length === 0) return;
  await lineage.report(node.nodeId, AbortSignal.timeout(LAST_WORD_MS)).catch(() => undefined);
}

const componentsStatus = 5;

/** Stopped by a person; or a copy of another machine's disk, which must not speak as that machine. */
const quietEndings: readonly ErrorCode[] = ['E_INTERRUPTED', 'E_TERMINATED', 'E_CLONED'];

const networkNotProved: ErrorCode = 'E_NETWORK_NOT_PROVED';

/** What is wrong with the image, or with the network that the site has configured, when the node is there at last. */
function isOfInterestLater(code: ErrorCode): boolean {
  return errorTable[code].status === componentsStatus || code === networkNotProved;
}

async function reportFailure(base: Base, assembled: Assembled, error: unknown): Promise<void> {
  const { enrolment } = assembled;
  const told = error instanceof AgentError ? error : null;
  const isQuiet = told !== null && (told.retry !== undefined || quietEndings.includes(told.code));
  try {
    if (isQuiet) return;
    const code = told?.code ?? 'E_BUG';
    if (code === 'E_PREFLIGHT_FAILED') return await tellOfPreflight(base, assembled);
    const isActivated = (await enrolment.state.activation.read()) !== null;
    if (!isActivated && !isOfInterestLater(code)) return;
    await enrolment.events.add({
      code: 'run_failed',
      level: 'error',
      message: told?.message ?? 'a bug',
      data: { code, ...(code === networkNotProved ? { seen: told?.seen ?? null } : {}) },
    });
    if (!isActivated) return;
    // A way to the Controller that was taken back is not in force any more.
    await enrolment.link.refresh();
    await lastWord(assembled);
  } catch {
    // The failure itself is what counts.
  }
}
