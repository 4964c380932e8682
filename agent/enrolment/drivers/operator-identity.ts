import type { Change } from '../../../bootstrap/change.ts';
import { paths } from '../../config/paths.ts';
import type { ConfigDocument } from '../../controller/protocol.ts';
import { findDueRenewal } from '../due-renewal.ts';
import type { EnrolmentParts } from '../enrolment.ts';
import { readNodeIdentity } from '../identity-store.ts';
import { stateText } from '../state.ts';
import type { HandoffSection } from './driver.ts';

const DEFAULT_HEARTBEAT_SECONDS = 60;

/** Where the operator finds what is its own, as it sees it itself. */
export interface OperatorPlaces {
  readonly key: string;
  readonly certificate: string;
  readonly ca: string;
}

/** The operator's files on this machine. */
export const ownPlaces: OperatorPlaces = {
  key: paths.operatorKey,
  certificate: paths.operatorCertificate,
  ca: paths.operatorCa,
};

export interface OperatorIdentity {
  readonly nodeId: string;
  readonly document: ConfigDocument;
  readonly section: HandoffSection;
  readonly places: OperatorPlaces;
  /** What else the operator is told. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/**
 * The operator has a key and certificate of its own, made on this machine, and a document that says where they are and
 * whom to call. A certificate that is due is renewed.
 */
export async function planOperatorIdentity(enrolment: EnrolmentParts, identity: OperatorIdentity): Promise<Change[]> {
  const place = { keyPath: paths.operatorKey, certificatePath: paths.operatorCertificate };
  const { host, state, now, link, orders } = enrolment;
  const { cas } = await link.trust();
  const stored = await state.operator.read();
  const asked = orders.renew && stored !== null ? { replaces: stored.certSha256 } : null;
  const due = (await findDueRenewal(host.files, place, stored, now())) ?? asked;
  return [
    { kind: 'secret-file', id: 'operator-key', path: place.keyPath, mode: 0o600, source: { generate: 'p256-key' } },
    {
      kind: 'certificate',
      id: 'operator-certificate',
      role: 'operator',
      nodeId: identity.nodeId,
      replaces: due?.replaces ?? null,
      ...place,
    },
    { kind: 'file', id: 'operator-ca', path: paths.operatorCa, mode: 0o644, content: cas.map(withNewline).join('') },
    {
      kind: 'file',
      id: 'operator-handoff',
      path: paths.operatorHandoff,
      mode: 0o600,
      content: await handoffDocument(enrolment, identity),
    },
  ];
}

/** What the operator reads. References only: it holds no secret. */
async function handoffDocument(
  enrolment: EnrolmentParts,
  { nodeId, document, section: { operator }, places, more }: OperatorIdentity,
): Promise<string> {
  const { clusterId, controllerUrls } = await enrolment.link.trust();
  const identity = await readNodeIdentity(enrolment.host.files, enrolment.state);
  return stateText({
    schema: 'conjurer.handoff/v1',
    nodeId,
    clusterId,
    edgeName: identity?.node.edgeName ?? enrolment.edgeName(),
    controllerUrls,
    identity: { key: places.key, certificate: places.certificate },
    ca: places.ca,
    heartbeatSeconds: document.reporting?.heartbeatSeconds ?? DEFAULT_HEARTBEAT_SECONDS,
    configGeneration: document.generation,
    operator: { name: operator.name, version: operator.version },
    ...more,
  });
}

function withNewline(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`;
}
