import type { Change } from '../../../bootstrap/change.ts';
import type { HandoffDriver, HandoffSection } from './driver.ts';
import { ownPlaces, planOperatorIdentity } from './operator-identity.ts';

/**
 * The operator is a service of the host, shipped in the image. It gets an identity of its own, and its unit is enabled
 * and started.
 */
export const systemdDriver: HandoffDriver = {
  async plan(enrolment, { nodeId, document, section }) {
    return [
      ...(await planOperatorIdentity(enrolment, { nodeId, document, section, places: ownPlaces })),
      { kind: 'unit', id: 'operator-unit', unit: unitOf(section), enabled: true, active: true },
    ] satisfies Change[];
  },
  evidence: async () => [],
  lookAt: section => `systemctl status ${unitOf(section)}`,
};

function unitOf({ operator }: HandoffSection): string {
  return operator.unit ?? `${operator.name}.service`;
}
