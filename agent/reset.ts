import { AgentError } from '../bootstrap/errors.ts';
import { gatherFacts } from '../bootstrap/facts/gather.ts';
import type { Host } from '../bootstrap/host/host.ts';
import type { ResetReport } from './agent.ts';
import type { Assembled, Base } from './assemble.ts';
import { paths } from './config/paths.ts';
import { compareHardware, hardwareIdentity } from './enrolment/hardware.ts';
import { hostOf } from './enrolment/inputs.ts';
import { openJournal } from './pipeline/journal.ts';
import { revertPipeline } from './pipeline/revert.ts';
import type { AnyStage } from './pipeline/selection.ts';
import { underLock } from './run.ts';

/**
 * Leaves the cluster, undoes everything, and removes identity, state and inputs, so that the VM can be captured as a
 * template. The Controller is told first, since afterwards there is no certificate to tell it with.
 */
export async function reset(base: Base, signal: AbortSignal): Promise<ResetReport> {
  const { host, bus: events } = base;
  let report: ResetReport = { undone: [], kept: [], removed: [], decommissioned: 'not-enrolled', edgeName: null };
  const quietly = { patient: false, wait: false, splay: false, removeInputs: false };
  await underLock(base, quietly, signal, async assembled => {
    const edgeName = (await assembled.enrolment.state.node.read().catch(() => null))?.edgeName ?? null;
    const decommissioned = await decommission(assembled, host, signal);
    const { kinds } = assembled;
    const stages = assembled.stages.map(withWayBack);
    const journal = await openJournal(host);
    const { undone, kept } = await revertPipeline({ stages, kinds, host, journal, events, signal }, null);
    report = { undone, kept, decommissioned, edgeName, removed: await wipe(assembled, host) };
    return false;
  });
  // The run's own status and what it may have written while it ended.
  await host.files.remove(paths.status);
  return report;
}

function withWayBack({ pointOfNoReturn: _, ...stage }: AnyStage): AnyStage {
  return stage;
}

async function decommission(
  { enrolment }: Assembled,
  host: Host,
  signal: AbortSignal,
): Promise<ResetReport['decommissioned']> {
  const { state, link, lineage } = enrolment;
  const node = await state.node.read().catch(() => null);
  if (node === null) return 'not-enrolled';
  const stored = await state.hardware.read().catch(() => null);
  const hardware = hardwareIdentity(await gatherFacts(host, signal));
  if (stored !== null && compareHardware(stored, hardware).kind === 'cloned') return 'copy';
  try {
    await link.ask(
      'leave the cluster',
      async controller => controller.decommission(node.nodeId, await lineage.current()),
      signal,
    );
    return 'done';
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return error.code === 'E_NODE_DECOMMISSIONED' ? 'done' : 'unreachable';
  }
}

async function wipe({ enrolment }: Assembled, host: Host): Promise<string[]> {
  const removed = await removeTree(host, paths.stateDir);
  for (const path of [paths.operatorHandoff, paths.operatorKey, paths.operatorCertificate, paths.operatorCa]) {
    if ((await host.files.stat(path)) === null) continue;
    await host.files.remove(path);
    removed.push(path);
  }
  const { hosts, passphrase, credentials } = enrolment.inputs;
  for (const input of [passphrase, credentials]) {
    const { files } = hostOf(hosts, input);
    if (input.from === 'typed' || (await files.stat(input.path)) === null) continue;
    await files.remove(input.path);
    removed.push(input.path);
  }
  return removed;
}

/** The files below a directory; the empty directories stay, as the image brings them. */
async function removeTree({ files }: Pick<Host, 'files'>, directory: string): Promise<string[]> {
  const removed: string[] = [];
  for (const name of (await files.list(directory)) ?? []) {
    const path = `${directory}/${name}`;
    if ((await files.stat(path))?.type === 'directory') {
      removed.push(...(await removeTree({ files }, path)));
      continue;
    }
    await files.remove(path);
    removed.push(path);
  }
  return removed;
}
