import { type AgentEvent, EventBatch, EventsAnswer, Id } from '../../../agent/controller/protocol.ts';
import { json } from '../answer.ts';
import { rfc3339 } from '../clock.ts';
import { effectiveConfig } from '../configuration.ts';
import { advanceJoinState } from '../join-state.ts';
import { saveNode } from '../nodes.ts';
import type { Parts } from '../parts.ts';
import type { NodeAction, NodeRecord } from '../records.ts';
import { defineRoute } from '../route.ts';
import { JOIN_STATE, nodeOf } from './node-call.ts';

export const events = defineRoute({
  number: 6,
  id: 'events',
  method: 'POST',
  path: '/nodes/{nodeId}/events',
  access: 'node',
  summary: 'A numbered batch of events; an empty one is the heartbeat',
  params: { nodeId: Id },
  headers: [JOIN_STATE],
  body: EventBatch,
  answers: { 200: { description: 'acknowledged', schema: EventsAnswer } },
  problems: ['clone_suspected'],
  handle: call => {
    const { parts, body, bytes, header } = call;
    const node = nodeOf(call);
    const request = { presented: header(JOIN_STATE.name), call: 'events', body: bytes, boot: node.join.boot };
    const answer = advanceJoinState(parts, node, request, joinState => {
      const after = saveNode(parts, body.seq > node.ackSeq ? takeBatch(parts, node, body) : node);
      const configGeneration = effectiveConfig(parts, after)?.generation ?? 0;
      const action = actionFor(after, configGeneration);
      return JSON.stringify({ ackSeq: after.ackSeq, joinState, configGeneration, action } satisfies EventsAnswer);
    });
    return json(200, JSON.parse(answer));
  },
});

function takeBatch(parts: Parts, node: NodeRecord, { seq, events }: EventBatch): NodeRecord {
  const receivedAt = rfc3339(parts.clock.now());
  const { nodeId, registrationId } = node;
  for (const [index, event] of events.entries()) {
    const { generation, data, ...rest } = event;
    const kept = {
      ...rest,
      ...(generation === undefined ? {} : { generation }),
      ...(data === undefined ? {} : { data }),
    };
    const id = `${registrationId}/${seq}/${index}`;
    parts.records.events.put(id, { nodeId, registrationId, seq, receivedAt, event: kept });
  }
  return events.reduce(applyEvent, { ...node, ackSeq: seq });
}

function applyEvent(node: NodeRecord, { code, generation = 0 }: AgentEvent): NodeRecord {
  if (code === 'config_refused') return { ...node, refusedGeneration: generation };
  if (code !== 'config_applied') return node;
  const state = node.state === 'activated' ? 'configured' : node.state;
  return { ...node, state, appliedGeneration: generation };
}

/** What an admin asked for, else to fetch a configuration that is newer than the applied one and was not refused. */
function actionFor(node: NodeRecord, configGeneration: number): NodeAction {
  if (node.action !== 'none') return node.action;
  const behind = node.appliedGeneration > 0 && node.appliedGeneration < configGeneration;
  return behind && node.refusedGeneration !== configGeneration ? 'refetch' : 'none';
}
