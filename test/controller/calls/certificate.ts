import { Id, NodeCertificate } from '../../../agent/controller/protocol.ts';
import { json } from '../answer.ts';
import { certificateBody, makeCertificate, recordCertificate } from '../certificates.ts';
import type { Parts } from '../parts.ts';
import { verifyCsr } from '../pki/csr.ts';
import { Refusal } from '../problems.ts';
import type { CertificateRecord, RegistrationRecord } from '../records.ts';
import { findRegistration } from '../registrations.ts';
import { defineRoute } from '../route.ts';

export const certificate = defineRoute({
  number: 3,
  id: 'certificate',
  method: 'GET',
  path: '/registrations/{registrationId}/certificate',
  access: 'bootstrap',
  summary: 'The certificate of an approved registration, the same one until activation',
  params: { registrationId: Id },
  answers: { 200: { description: 'approved', schema: NodeCertificate } },
  problems: [
    'registration_unknown',
    'not_approved',
    'registration_denied',
    'registration_expired',
    'already_activated',
    'node_banned',
    'node_decommissioned',
  ],
  handle: async ({ parts, params, peer }) => {
    const find = () => approved(parts, params.registrationId ?? '', peer?.subject ?? '');
    const { registration, nodeId } = find();
    const kept = registration.certSha256 ? parts.records.certificates.get(registration.certSha256) : null;
    const issued = kept ?? (await issueOnce(parts, nodeId, registration, find));
    return json(200, { nodeId, ...certificateBody(issued) } satisfies NodeCertificate);
  },
});

async function issueOnce(
  parts: Parts,
  nodeId: string,
  registration: RegistrationRecord,
  find: () => Approved,
): Promise<CertificateRecord> {
  const made = await makeCertificate(parts, 'node', nodeId, await verifyCsr(registration.request.csr));
  return parts.store.transaction(() => {
    const now = find().registration;
    const meanwhile = now.certSha256 ? parts.records.certificates.get(now.certSha256) : null;
    if (meanwhile) return meanwhile;
    parts.records.registrations.put(now.registrationId, { ...now, certSha256: made.sha256 });
    return recordCertificate(parts, made);
  });
}

interface Approved {
  readonly registration: RegistrationRecord;
  readonly nodeId: string;
}

function approved(parts: Parts, registrationId: string, clusterId: string): Approved {
  const registration = findRegistration(parts, registrationId, clusterId);
  const { state, nodeId, reason } = registration;
  if (registration.activated) throw new Refusal('already_activated', 'go on with the certificate of the node');
  if (state === 'denied') throw new Refusal('registration_denied', reason ?? 'denied without a reason');
  if (state === 'expired') throw new Refusal('registration_expired', 'nobody decided in 30 days');
  if (state !== 'approved' || nodeId === null) throw new Refusal('not_approved', `the registration is ${state}`);
  const node = parts.records.nodes.get(nodeId);
  if (node?.state === 'banned') throw new Refusal('node_banned', `node ${nodeId} is banned`);
  if (node?.state === 'decommissioned') throw new Refusal('node_decommissioned', `node ${nodeId} is decommissioned`);
  return { registration, nodeId };
}
