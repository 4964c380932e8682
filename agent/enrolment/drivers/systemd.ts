import type { Change } from '../../../bootstrap/change.ts';
import { paths } from '../../config/paths.ts';
import type { ConfigDocument } from '../../controller/protocol.ts';
import { findDueRenewal } from '../due-renewal.ts';
import type { EnrolmentParts } from '../enrolment.ts';
import { readNodeIdentity } from '../identity-store.ts';
import { stateText } from '../state.ts';
import type { HandoffDriver, HandoffSection } from './driver.ts';

const DEFAULT_HEARTBEAT_SECONDS = 60;

/**
 * The operator is a service of the host, shipped in the image. It gets a key and certificate of its own and a document
 * that says where they are and whom to call; then its unit is enabled and started.
 */
export const systemdDriver: HandoffDriver = {
  async plan(enrolment, nodeId, document, section) {
    const place = { keyPath: paths.operatorKey, certificatePath: paths.operatorCertificate };
    const { host, state, now, link, orders } = enrolment;
    const { cas } = await link.trust();
    const stored = await state.operator.read();
    const asked = orders.renew && stored !== null ? { replaces: stored.certSha256 } : null;
    const due = (await findDueRenewal(host.files, place, stored, now())) ?? asked;
    const unit = section.operator.unit ?? `${section.operator.name}.service`;
    return [
      { kind: 'secret-file', id: 'operator-key', path: place.keyPath, mode: 0o600, source: { generate: 'p256-key' } },
      {
        kind: 'certificate',
        id: 'operator-certificate',
        role: 'operator',
        nodeId,
        replaces: due?.replaces ?? null,
        ...place,
      },
      { kind: 'file', id: 'operator-ca', path: paths.operatorCa, mode: 0o644, content: cas.map(withNewline).join('') },
      {
        kind: 'file',
        id: 'operator-handoff',
        path: paths.operatorHandoff,
        mode: 0o600,
        content: await handoffDocument(enrolment, nodeId, document, section),
      },
      { kind: 'unit', id: 'operator-unit', unit, enabled: true, active: true },
    ] satisfies Change[];
  },
};

/** What the operator reads. References only: it holds no secret. */
async function handoffDocument(
  enrolment: EnrolmentParts,
  nodeId: string,
  document: ConfigDocument,
  { operator }: HandoffSection,
): Promise<string> {
  const { clusterId, controllerUrls } = await enrolment.link.trust();
  const identity = await readNodeIdentity(enrolment.host.files, enrolment.state);
  return stateText({
    schema: 'conjurer.handoff/v1',
    nodeId,
    clusterId,
    edgeName: identity?.node.edgeName ?? enrolment.edgeName(),
    controllerUrls,
    identity: { key: paths.operatorKey, certificate: paths.operatorCertificate },
    ca: paths.operatorCa,
    heartbeatSeconds: document.reporting?.heartbeatSeconds ?? DEFAULT_HEARTBEAT_SECONDS,
    configGeneration: document.generation,
    operator: { name: operator.name, version: operator.version },
  });
}

function withNewline(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`;
}
