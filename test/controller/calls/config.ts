import { z } from 'zod';
import { ConfigPending, Id, Nonce } from '../../../agent/controller/protocol.ts';
import { jose, json } from '../answer.ts';
import { rfc3339 } from '../clock.ts';
import { effectiveConfig } from '../configuration.ts';
import { updateNode } from '../nodes.ts';
import { CONFIG_TYPE } from '../pki/jws.ts';
import { defineRoute } from '../route.ts';
import { signAnswer } from '../signing.ts';
import { JOIN_STATE, joinedNodeOf } from './node-call.ts';

export const config = defineRoute({
  number: 5,
  id: 'config',
  method: 'GET',
  path: '/nodes/{nodeId}/config',
  access: 'node',
  summary: 'The signed configuration of the node',
  params: { nodeId: Id },
  headers: [JOIN_STATE],
  query: z.object({ nonce: Nonce }),
  answers: {
    200: { description: 'compact JWS, typ conjurer-config+jws', schema: z.string(), mediaType: 'application/jose' },
    202: { description: 'there is none yet', schema: ConfigPending },
  },
  problems: ['clone_suspected'],
  handle: call => {
    const { parts, query } = call;
    const node = joinedNodeOf(call, 'config');
    const found = effectiveConfig(parts, node);
    if (!found) {
      const retryAfter = String(parts.settings.retryAfterSeconds ?? 30);
      return json(202, { state: node.state }, { 'retry-after': retryAfter });
    }
    if (node.action === 'refetch') updateNode(parts, node.nodeId, () => ({ action: 'none' }));
    const payload = {
      aud: node.nodeId,
      clusterId: node.clusterId,
      generation: found.generation,
      nonce: query.nonce,
      issuedAt: rfc3339(parts.clock.now()),
      ...found.document,
    };
    return jose(signAnswer(parts, CONFIG_TYPE, payload, call.faults), { etag: `"${found.generation}"` });
  },
});
