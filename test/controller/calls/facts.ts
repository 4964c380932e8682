import { z } from 'zod';
import { Id } from '../../../agent/controller/protocol.ts';
import { empty } from '../answer.ts';
import { updateNode } from '../nodes.ts';
import { defineRoute } from '../route.ts';
import { JOIN_STATE, joinedNodeOf } from './node-call.ts';

export const facts = defineRoute({
  number: 7,
  id: 'facts',
  method: 'PUT',
  path: '/nodes/{nodeId}/facts',
  access: 'node',
  summary: 'What the machine says about itself',
  params: { nodeId: Id },
  headers: [JOIN_STATE],
  body: z.record(z.string(), z.json()),
  answers: { 204: { description: 'kept' } },
  problems: ['clone_suspected'],
  handle: call => {
    const { nodeId } = joinedNodeOf(call, 'facts');
    updateNode(call.parts, nodeId, () => ({ facts: call.body }));
    return empty(204);
  },
});
