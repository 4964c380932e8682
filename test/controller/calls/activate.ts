import { Activation, ActivationRequest, Id, type NodeState } from '../../../agent/controller/protocol.ts';
import { json } from '../answer.ts';
import { effectiveConfig } from '../configuration.ts';
import { advanceJoinState, bootMark } from '../join-state.ts';
import { saveNode } from '../nodes.ts';
import { Refusal } from '../problems.ts';
import { saveRegistration } from '../registrations.ts';
import { defineRoute } from '../route.ts';
import { JOIN_STATE, nodeOf } from './node-call.ts';

export const activate = defineRoute({
  number: 4,
  id: 'activate',
  method: 'PUT',
  path: '/nodes/{nodeId}/activation',
  access: 'node',
  summary: 'The node has its certificate; sent again with each new boot id',
  params: { nodeId: Id },
  headers: [JOIN_STATE],
  nodeStates: ['approved'],
  body: ActivationRequest,
  answers: { 200: { description: 'activated', schema: Activation } },
  problems: ['clone_suspected', 'registration_unknown'],
  handle: call => {
    const { parts, body, bytes, peer, header } = call;
    const node = nodeOf(call);
    const registration = parts.records.registrations.get(node.registrationId);
    if (!registration || body.registrationId !== node.registrationId) {
      throw new Refusal('registration_unknown', `the registration of this node is another than ${body.registrationId}`);
    }
    if (body.certSha256 !== peer?.certSha256) {
      throw new Refusal('malformed', 'certSha256 is not that of the certificate of this connection');
    }
    const request = { presented: header(JOIN_STATE.name), call: 'activate', body: bytes, boot: bootMark(body.bootId) };
    const answer = advanceJoinState(parts, node, request, joinState => {
      const state: NodeState = node.state === 'approved' ? 'activated' : node.state;
      if (!registration.activated) saveRegistration(parts, { ...registration, activated: true });
      saveNode(parts, { ...node, state });
      const configGeneration = effectiveConfig(parts, node)?.generation ?? 0;
      return JSON.stringify({ state, configGeneration, joinState } satisfies Activation);
    });
    return json(200, JSON.parse(answer));
  },
});
