import { HEADER_JOIN_STATE } from '../../../agent/controller/protocol.ts';
import { placeJoinState } from '../join-state.ts';
import type { NodeRecord } from '../records.ts';
import type { Call, RequestHeader } from '../route.ts';

export const JOIN_STATE: RequestHeader = {
  name: HEADER_JOIN_STATE,
  description: 'the join state of the last answer of calls 1, 4 or 6',
  required: true,
};

/** The node that calls. */
export function nodeOf({ node }: Call<unknown, unknown>): NodeRecord {
  if (!node) throw new Error('a call of a node without a node');
  return node;
}

/** The node of a call that does not move the join state on: the last and the one before are both good. */
export function joinedNodeOf(call: Call<unknown, unknown>, name: string): NodeRecord {
  const node = nodeOf(call);
  placeJoinState(call.parts, node, call.header(HEADER_JOIN_STATE), name);
  return node;
}
