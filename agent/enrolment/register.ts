import type { Change } from '../../bootstrap/change.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import type { Facts } from '../../bootstrap/facts/facts.ts';
import type { Stage } from '../../bootstrap/stage.ts';
import { paths } from '../config/paths.ts';
import type { EnrolmentParts } from './enrolment.ts';
import { compareHardware, hardwareIdentity } from './hardware.ts';
import { readNodeIdentity } from './identity-store.ts';
import { planNewIdentity, tellOfCopy } from './new-identity.ts';
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
      const aside = await planNewIdentity(enrolment, host.files, facts);
      if (aside === null && (await readNodeIdentity(host.files, enrolment.state)) !== null) {
        const changes = await rememberHardware(enrolment, facts);
        changedFields = changes.changedFields;
        return changes.changes;
      }
      const { clusterId } = await enrolment.link.trust();
      return [
        ...(aside ?? []),
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
      if (enrolment.options.patient) await tellOfCopy(enrolment);
      const { nodeId, registrationId, certSha256 } = identity.node;
      return { nodeId, registrationId, certSha256 };
    },
  };
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
