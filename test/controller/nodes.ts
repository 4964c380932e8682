import { rfc3339 } from './clock.ts';
import type { Parts } from './parts.ts';
import type { NodeRecord } from './records.ts';

/** Writes a change of a node, so that watchers see it. */
export function saveNode(parts: Parts, node: NodeRecord): NodeRecord {
  const at = rfc3339(parts.clock.now());
  const saved = { ...node, lastSeenAt: at };
  parts.records.nodes.put(node.nodeId, saved);
  queueMicrotask(() => parts.changes.emit('change', { kind: 'node', at, subject: node.nodeId, state: node.state }));
  return saved;
}

/** Changes some fields of the node as it is now, which an await may have left behind. */
export function updateNode(
  parts: Parts,
  nodeId: string,
  change: (node: NodeRecord) => Partial<NodeRecord>,
): NodeRecord {
  return parts.store.transaction(() => {
    const node = parts.records.nodes.get(nodeId);
    if (!node) throw new Error(`node ${nodeId} is gone`);
    return saveNode(parts, { ...node, ...change(node) });
  });
}
