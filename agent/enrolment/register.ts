import type { Change } from '../../bootstrap/change.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import type { Facts } from '../../bootstrap/facts/facts.ts';
import type { Files } from '../../bootstrap/host/host.ts';
import type { Stage } from '../../bootstrap/stage.ts';
import { paths } from '../config/paths.ts';
import { publicIdentity } from '../controller/identity/key.ts';
import { REQUEST } from './certificate-request.ts';
import type { EnrolmentParts } from './enrolment.ts';
import { compareHardware, hardwareIdentity } from './hardware.ts';
import { NEXT, readNodeIdentity } from './identity-store.ts';
import { stateText } from './state.ts';

/**
 * This machine has a key of its own, the Controller knows it, an admin approved it, and the certificate is here. The
 * key is made before the first request; the credentials of the cluster only open the door (protocol.md, Identity).
 */
export function registerStage(enrolment: EnrolmentParts): Stage<'register', 'facts'> {
  let changedFields: readonly string[] = [];
  return {
    name: 'register',
    needs: ['facts'],
    onFailure: 'keep',
    async plan({ host, outputs }) {
      const { facts } = outputs;
      enrolment.facts.set(facts);
      const edgeName = enrolment.edgeName();
      const reason = await reasonForNewIdentity(enrolment, host.files, facts, edgeName);
      if (reason === null && (await readNodeIdentity(host.files, enrolment.state)) !== null) {
        const changes = await rememberHardware(enrolment, facts);
        changedFields = changes.changedFields;
        return changes.changes;
      }
      const { clusterId } = await enrolment.link.trust();
      return [
        ...(reason === null ? [] : await setAside(host.files, enrolment.now())),
        { kind: 'secret-file', id: 'node-key', path: paths.nodeKey, mode: 0o600, source: { generate: 'p256-key' } },
        hardwareFile(facts),
        { kind: 'registration', id: 'registration', clusterId, edgeName, intent: (await enrolment.recovery()).intent },
      ];
    },
    async verify({ host }) {
      const identity = await readNodeIdentity(host.files, enrolment.state);
      if (identity === null) {
        throw new AgentError('E_STAGE_NOT_PROVED', 'this machine has no certificate of its own after registering', {
          seen: `no certificate in ${paths.nodeCertificate} that fits ${paths.nodeKey}`,
          next: 'conjurer recover',
        });
      }
      if (changedFields.length > 0 && enrolment.options.patient) {
        const message = `this machine was repaired or re-imaged: ${changedFields.join(', ')} changed`;
        await enrolment.events.add({ code: 'hardware_changed', level: 'warn', message });
        changedFields = [];
      }
      const { nodeId, registrationId, certSha256 } = identity.node;
      return { nodeId, registrationId, certSha256 };
    },
  };
}

/** null: the identity on this disk is ours to go on with, or there is none yet. */
async function reasonForNewIdentity(
  enrolment: EnrolmentParts,
  files: Files,
  facts: Facts,
  edgeName: string,
): Promise<string | null> {
  const key = await files.read(paths.nodeKey);
  if (key === null) return null;
  const { state } = enrolment;
  const registration = await state.registration.read();
  const stored = await state.hardware.read();
  const verdict = stored === null ? null : compareHardware(stored, hardwareIdentity(facts));
  if (verdict?.kind === 'cloned') {
    if (registration?.answer && registration.edgeName === edgeName) throw cloned(registration.edgeName, verdict);
    return `${verdict.field} is ${verdict.is}, the identity was made on ${verdict.was}`;
  }
  const { keyFingerprint } = publicIdentity(key);
  if ((await enrolment.recovery()).newIdentityFor === keyFingerprint) return 'a new identity was asked for';
  if ((await state.node.read()) !== null || registration === null) return null;
  if (registration.edgeName !== edgeName) return `the edge name was ${registration.edgeName}`;
  const { clusterId } = await enrolment.link.trust();
  return registration.clusterId === clusterId ? null : `the cluster was ${registration.clusterId}`;
}

/**
 * Everything that belongs to the old identity is kept, and no longer in force, a renewal of it that was cut too. The key
 * and then the hardware go last, so that a run cut in between still sees why they must go.
 */
async function setAside(files: Files, now: Date): Promise<Change[]> {
  const directory = `${paths.setAside}/${now
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '')}`;
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

async function rememberHardware(
  enrolment: EnrolmentParts,
  facts: Facts,
): Promise<{ changes: Change[]; changedFields: readonly string[] }> {
  const stored = await enrolment.state.hardware.read();
  const verdict = stored === null ? null : compareHardware(stored, hardwareIdentity(facts));
  if (verdict?.kind === 'same') return { changes: [], changedFields: [] };
  return { changes: [hardwareFile(facts)], changedFields: verdict?.kind === 'changed' ? verdict.fields : [] };
}

function hardwareFile(facts: Facts): Change {
  const content = stateText(hardwareIdentity(facts));
  return { kind: 'file', id: 'hardware', path: paths.hardware, mode: 0o600, content };
}

function cloned(edgeName: string, verdict: { field: string; was: string; is: string }): AgentError {
  return new AgentError('E_CLONED', `this machine is a copy of ${edgeName}: its identity was made on other hardware`, {
    seen: `${verdict.field} ${verdict.is}`,
    wanted: `${verdict.field} ${verdict.was}`,
    data: { clonedFrom: edgeName },
  });
}
