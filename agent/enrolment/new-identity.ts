import type { Change } from '../../bootstrap/change.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import type { Facts } from '../../bootstrap/facts/facts.ts';
import type { Files } from '../../bootstrap/host/host.ts';
import { paths } from '../config/paths.ts';
import { publicIdentity } from '../controller/identity/key.ts';
import { REQUEST } from './certificate-request.ts';
import type { EnrolmentParts } from './enrolment.ts';
import { compareHardware, hardwareIdentity } from './hardware.ts';
import { NEXT } from './identity-store.ts';
import { type ClonedFrom, stateText } from './state.ts';
import { rfc3339 } from './time-text.ts';

/**
 * The changes that set the identity on this disk aside, where this machine must have another one: it is a copy, a new
 * one was asked for, or the name or cluster changed before it was enrolled. null: it is ours to go on with, or there is
 * none yet. Throws E_CLONED for a copy that has the name of its original still.
 */
export async function planNewIdentity(enrolment: EnrolmentParts, files: Files, facts: Facts): Promise<Change[] | null> {
  const key = await files.read(paths.nodeKey);
  if (key === null) return null;
  const now = enrolment.now();
  const copy = await findCopy(enrolment, facts);
  if (copy !== null) {
    const { original: edgeName } = copy;
    const nodeId = (await enrolment.state.node.read())?.nodeId ?? null;
    const note = edgeName === null ? [] : [clonedFrom({ edgeName, nodeId, at: rfc3339(now), told: false })];
    return [...note, ...(await setAside(files, now))];
  }
  const { keyFingerprint } = publicIdentity(key);
  const isAsked = (await enrolment.recovery()).newIdentityFor === keyFingerprint;
  return isAsked || (await isForAnother(enrolment)) ? setAside(files, now) : null;
}

/**
 * Throws E_CLONED for a copy that has the name of its original still. Asked as soon as the facts are known: such a copy
 * has often no network, since what configures it names the network card of its original, and would wait for it.
 */
export async function requireNoCopy(enrolment: EnrolmentParts, facts: Facts): Promise<void> {
  await findCopy(enrolment, facts);
}

/**
 * null: nothing says that the identity on this disk is another machine's. `original`: that machine's name, null where no
 * Controller has answered to one yet, so that nobody bears it. Throws E_CLONED where this machine has it still.
 */
async function findCopy(
  { state, edgeName }: EnrolmentParts,
  facts: Facts,
): Promise<{ readonly original: string | null } | null> {
  const stored = await state.hardware.read();
  const verdict = stored === null ? null : compareHardware(stored, hardwareIdentity(facts));
  if (verdict?.kind !== 'cloned') return null;
  const registration = await state.registration.read();
  const original = registration?.answer ? registration.edgeName : null;
  if (original === edgeName()) throw cloned(original, verdict);
  return { original };
}

/** Tells the Controller once what this machine is a copy of. */
export async function tellOfCopy({ state, events }: EnrolmentParts): Promise<void> {
  const copy = await state.clonedFrom.read();
  if (copy === null || copy.told) return;
  const { edgeName, nodeId } = copy;
  await events.add({
    code: 'cloned_from',
    level: 'warn',
    message: `this machine was made from a copy of ${edgeName} and has an identity of its own now`,
    data: { edgeName, nodeId },
  });
  await state.clonedFrom.write({ ...copy, told: true });
}

/** Before it is enrolled, a machine may still be given another name or cluster; a key is known under one only. */
async function isForAnother(enrolment: EnrolmentParts): Promise<boolean> {
  const registration = await enrolment.state.registration.read();
  if (registration === null || (await enrolment.state.node.read()) !== null) return false;
  if (registration.edgeName !== enrolment.edgeName()) return true;
  return registration.clusterId !== (await enrolment.link.trust()).clusterId;
}

/**
 * Everything that belongs to the old identity is kept, and no longer in force, a renewal of it that was cut too. The key
 * and then the hardware go last, so that a run cut in between still sees why they must go.
 */
async function setAside(files: Files, now: Date): Promise<Change[]> {
  const directory = `${paths.setAside}/${rfc3339(now).replaceAll(':', '')}`;
  const belongings = [
    paths.nodeKey + REQUEST,
    paths.nodeKey + NEXT,
    paths.nodeCertificate + NEXT,
    paths.operator,
    paths.nodeCertificate,
    paths.node,
    paths.activation,
    paths.joinState,
    paths.events,
    paths.applied,
    paths.handoff,
    paths.registration,
    paths.nodeKey,
    paths.hardware,
  ];
  const changes: Change[] = [];
  for (const from of belongings) {
    if ((await files.stat(from)) === null) continue;
    const name = from.slice(paths.stateDir.length + 1);
    changes.push({ kind: 'move', id: `set-aside-${name}`, from, to: `${directory}/${name}` });
  }
  return changes;
}

function clonedFrom(copy: ClonedFrom): Change {
  return { kind: 'file', id: 'cloned-from', path: paths.clonedFrom, mode: 0o600, content: stateText(copy) };
}

function cloned(edgeName: string, verdict: { field: string; was: string; is: string }): AgentError {
  return new AgentError('E_CLONED', `this machine is a copy of ${edgeName}: its identity was made on other hardware`, {
    seen: `${verdict.field} ${verdict.is}`,
    wanted: `${verdict.field} ${verdict.was}`,
    data: { clonedFrom: edgeName },
  });
}
