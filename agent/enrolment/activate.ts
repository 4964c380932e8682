import { AgentError } from '../../bootstrap/errors.ts';
import type { Stage } from '../../bootstrap/stage.ts';
import type { EnrolmentParts } from './enrolment.ts';

/** The node has called back with its own certificate: from now on the Controller counts it, and there is no way back. */
export function activateStage(enrolment: EnrolmentParts): Stage<'activate', 'facts' | 'register'> {
  const { state } = enrolment;
  return {
    name: 'activate',
    needs: ['facts', 'register'],
    onFailure: 'keep',
    pointOfNoReturn: true,
    async plan({ outputs }) {
      enrolment.facts.set(outputs.facts);
      const { nodeId, registrationId, certSha256 } = outputs.register;
      const { bootId } = outputs.facts;
      if (bootId === null) {
        throw new AgentError('E_FACTS_MISSING', 'the kernel does not tell which boot this is', {
          seen: 'no /proc/sys/kernel/random/boot_id',
        });
      }
      return [{ kind: 'activation', id: 'activation', nodeId, registrationId, certSha256, bootId }];
    },
    async verify({ outputs }) {
      const { nodeId } = outputs.register;
      const activation = await state.activation.read();
      if (activation?.nodeId === nodeId) return { nodeId };
      throw new AgentError('E_STAGE_NOT_PROVED', 'the Controller has not confirmed the activation of this node', {
        seen: activation === null ? 'no confirmation' : `a confirmation for ${activation.nodeId}`,
        wanted: `a confirmation for ${nodeId}`,
      });
    },
  };
}
