import { Id, OperatorHeartbeat } from '../../../agent/controller/protocol.ts';
import { empty } from '../answer.ts';
import { updateNode } from '../nodes.ts';
import { defineRoute } from '../route.ts';
import { nodeOf } from './node-call.ts';

export const heartbeat = defineRoute({
  number: 14,
  id: 'heartbeat',
  method: 'POST',
  path: '/operators/{nodeId}/heartbeat',
  access: 'operator',
  summary: 'The operator manages the machine',
  params: { nodeId: Id },
  body: OperatorHeartbeat,
  answers: { 202: { description: 'taken' } },
  handle: call => {
    const { nodeId } = nodeOf(call);
    updateNode(call.parts, nodeId, ({ state, handoff }) => ({
      operator: call.body,
      state: state === 'provisioned' && handoff?.operator ? 'ready' : state,
    }));
    return empty(202);
  },
});
