import type { StatusReport } from './agent.ts';
import type { Base } from './assemble.ts';
import type { LoadedConfig } from './config/load.ts';
import { openState } from './enrolment/state.ts';
import { lockHolder } from './pipeline/run-lock.ts';
import { stageOrder } from './pipeline/stages.ts';
import { neverRun, readStatus, type Status } from './pipeline/status.ts';
import { version } from './version.ts';

/** Where the machine stands. After a reboot /run is empty: then what is on disk tells what was reached. */
export async function statusReport(
  { host, processes }: Base,
  { origins }: Pick<LoadedConfig, 'origins'>,
): Promise<StatusReport> {
  const parts = { files: host.files, processes, now: () => host.clock.now() };
  // The lock is root's own: another user cannot tell a run that is alive, and takes the status at its word.
  const isRunning = await lockHolder(parts).then(
    holder => holder !== null,
    () => true,
  );
  const status = (await readStatus(host.files, isRunning)) ?? (await fromDisk(host));
  return { status, origins };
}

async function fromDisk(host: Base['host']): Promise<Status> {
  const empty = neverRun(version.version, stageOrder);
  const state = openState(host.files);
  try {
    const node = await state.node.read();
    const registration = await state.registration.read();
    const handoff = await state.handoff.read();
    if (registration === null && node === null) return empty;
    return {
      ...empty,
      state: handoff === null ? 'interrupted' : 'handed-off',
      edgeName: node?.edgeName ?? registration?.edgeName ?? null,
      nodeId: node?.nodeId ?? null,
      registrationId: node?.registrationId ?? registration?.answer?.registrationId ?? null,
      claimCode: registration?.claimCode ?? null,
      keyFingerprint: registration?.keyFingerprint ?? null,
    };
  } catch {
    return empty;
  }
}
