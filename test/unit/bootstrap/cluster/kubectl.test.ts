import { expect, test } from 'vitest';
import { whyNotReady } from '../../../../bootstrap/cluster/kubectl.ts';

const start = new Date('2026-01-01T10:00:00Z');
const node = (status: string, lastHeartbeatTime: string) => ({
  metadata: { name: 'edge-1' },
  spec: {},
  status: {
    nodeInfo: { kubeletVersion: 'v1.20.2' },
    conditions: [{ type: 'Ready', status, message: 'cni plugin not initialized', lastHeartbeatTime }],
  },
});

test('a node is ready once its kubelet has said so since this machine started', () => {
  expect(whyNotReady(node('True', '2026-01-01T10:00:30Z'), start)).toBeNull();
  expect(whyNotReady(node('False', '2026-01-01T10:00:30Z'), start)).toBe('cni plugin not initialized');
});

test('what was said before a restart counts for nothing', () => {
  expect(whyNotReady(node('True', '2026-01-01T09:59:00Z'), start)).toContain('since this machine started');
});
