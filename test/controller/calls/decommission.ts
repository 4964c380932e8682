import { Id } from '../../../agent/controller/protocol.ts';
import { empty } from '../answer.ts';
import { updateNode } from '../nodes.ts';
import { defineRoute } from '../route.ts';
import { JOIN_STATE, joinedNodeOf } from './node-call.ts';

export const decommission = defineRoute({
  number: 10,
  id: 'decommission',
  method: 'DELETE',
  path: '/nodes/{nodeId}',
  access: 'node',
  summary: 'The node leaves for good; its name may be used again',
  params: { nodeId: Id },
  headers: [JOIN_STATE],
  nodeStates: ['approved', 'decommissioned'],
  answers: { 204: { description: 'decommissioned, now or before' } },
  problems: ['clone_suspected'],
  handle: call => {
    const { nodeId, state } = joinedNodeOf(call, 'decommission');
    if (state !== 'decommissioned') {
      updateNode(call.parts, nodeId, () => ({ state: 'decommissioned', action: 'none' }));
      call.parts.audit('agent', 'decommission', nodeId);
    }
    return empty(204);
  },
});
