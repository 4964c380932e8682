import { CertificateRequest, Id, IssuedCertificate } from '../../../agent/controller/protocol.ts';
import { json } from '../answer.ts';
import { certificateBody, renew } from '../certificates.ts';
import { updateNode } from '../nodes.ts';
import { verifyCsr } from '../pki/csr.ts';
import { defineRoute } from '../route.ts';
import { JOIN_STATE, joinedNodeOf } from './node-call.ts';

const SHARED = {
  access: 'node',
  params: { nodeId: Id },
  headers: [JOIN_STATE],
  body: CertificateRequest,
  answers: { 200: { description: 'issued; the same for the same bytes', schema: IssuedCertificate } },
  problems: ['csr_invalid', 'clone_suspected'],
} as const;

export const renewCertificate = defineRoute({
  ...SHARED,
  number: 9,
  id: 'renewCertificate',
  method: 'POST',
  path: '/nodes/{nodeId}/certificates',
  summary: 'A new certificate for a new key of the node',
  handle: async call => {
    const { nodeId } = joinedNodeOf(call, 'certificates');
    const issued = await renew(call.parts, 'node', nodeId, await verifyCsr(call.body.csr));
    updateNode(call.parts, nodeId, ({ action }) => (action === 'renew' ? { action: 'none' } : {}));
    return json(200, certificateBody(issued));
  },
});

export const operatorCertificate = defineRoute({
  ...SHARED,
  number: 13,
  id: 'operatorCertificate',
  method: 'POST',
  path: '/nodes/{nodeId}/operator/certificate',
  summary: 'A certificate for the own key of the operator',
  handle: async call => {
    const { nodeId } = joinedNodeOf(call, 'operator certificate');
    return json(200, certificateBody(await renew(call.parts, 'operator', nodeId, await verifyCsr(call.body.csr))));
  },
});
