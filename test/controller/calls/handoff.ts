import { Handoff, HandoffRequest, Id } from '../../../agent/controller/protocol.ts';
import { json } from '../answer.ts';
import { effectiveConfig } from '../configuration.ts';
import { updateNode } from '../nodes.ts';
import type { Parts } from '../parts.ts';
import { Refusal } from '../problems.ts';
import type { NodeRecord } from '../records.ts';
import { defineRoute } from '../route.ts';
import { JOIN_STATE, joinedNodeOf } from './node-call.ts';

export const handoff = defineRoute({
  number: 8,
  id: 'handoff',
  method: 'PUT',
  path: '/nodes/{nodeId}/handoff',
  access: 'node',
  summary: 'The machine is handed over to its operator',
  params: { nodeId: Id },
  headers: [JOIN_STATE],
  body: HandoffRequest,
  answers: {
    200: { description: 'the operator has called in', schema: Handoff },
    202: { description: 'the operator has not called in yet', schema: Handoff },
  },
  problems: ['clone_suspected'],
  handle: call => {
    const { parts, body } = call;
    const node = joinedNodeOf(call, 'handoff');
    const newest = effectiveConfig(parts, node)?.generation ?? 0;
    if (body.configGeneration > newest) {
      throw new Refusal('malformed', `configGeneration ${body.configGeneration} was never given out, ${newest} was`);
    }
    const ready = isManaged(parts, node, body);
    updateNode(parts, node.nodeId, () => ({ handoff: body, state: ready ? 'ready' : 'provisioned' }));
    if (ready) return json(200, { state: 'ready' } satisfies Handoff);
    const retryAfter = String(parts.settings.retryAfterSeconds ?? 5);
    return json(202, { state: 'provisioned' } satisfies Handoff, { 'retry-after': retryAfter });
  },
});

/** By the operator itself, or, on a worker, by that of another node of the cluster which lists it. */
function isManaged(parts: Parts, node: NodeRecord, { operator, cluster }: HandoffRequest): boolean {
  if (operator) return node.operator !== null;
  const { nodeName } = cluster;
  if (nodeName === null) return false;
  const { clusterId } = node;
  return parts.records.nodes.list({ clusterId }).some(other => other.operator?.cluster.nodes.includes(nodeName));
}
