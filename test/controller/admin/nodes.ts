import { createReadStream } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { Id } from '../../../agent/controller/protocol.ts';
import { empty, json } from '../answer.ts';
import { ConfigInput, effectiveConfig, nextConfig } from '../configuration.ts';
import { updateNode } from '../nodes.ts';
import type { Parts } from '../parts.ts';
import { Refusal } from '../problems.ts';
import { BundleRecord, NodeAction, NodeRecord, StoredEvent, Suspicion } from '../records.ts';
import { defineRoute, type Route } from '../route.ts';
import { issueTicket } from '../tickets.ts';
import { GivenConfig } from './clusters.ts';

/** A node with what is kept beside it. */
export const NodeView = NodeRecord.extend({ configGeneration: z.int(), suspicions: z.array(Suspicion) });
export type NodeView = z.infer<typeof NodeView>;
export const NodeList = z.object({ nodes: z.array(NodeView) });
export const EventList = z.object({ events: z.array(StoredEvent) });
export const BundleList = z.object({ bundles: z.array(BundleRecord) });
export const IssuedTicket = z.object({ ticket: z.string(), expiresAt: z.string() });
export const ActionOrder = z.object({ action: NodeAction });

const AT = {
  params: { nodeId: Id },
  access: 'admin',
  answers: { 200: { description: 'as it is now', schema: NodeView } },
  problems: ['admin_unknown', 'admin_conflict'],
} as const;

export const nodeRoutes: readonly Route[] = [
  defineRoute({
    id: 'listNodes',
    method: 'GET',
    path: '/admin/nodes',
    access: 'admin',
    summary: 'All nodes, oldest first',
    query: z.object({ cluster: z.string().optional(), edge: z.string().optional() }),
    answers: { 200: { description: 'those that were asked for', schema: NodeList } },
    handle: ({ parts, query }) => {
      const where = {
        ...(query.cluster === undefined ? {} : { clusterId: query.cluster }),
        ...(query.edge === undefined ? {} : { edgeName: query.edge }),
      };
      return json(200, { nodes: parts.records.nodes.list(where).map(node => view(parts, node)) });
    },
  }),
  defineRoute({
    ...AT,
    id: 'getNode',
    method: 'GET',
    path: '/admin/nodes/{nodeId}',
    summary: 'One node',
    handle: ({ parts, params }) => json(200, view(parts, find(parts, params))),
  }),
  defineRoute({
    ...AT,
    id: 'ban',
    method: 'POST',
    path: '/admin/nodes/{nodeId}/ban',
    summary: 'Shuts a node out; its name stays taken',
    handle: ({ parts, params }) =>
      change(parts, params, 'ban', node =>
        node.state === 'banned' ? {} : { state: 'banned', stateBeforeBan: node.state },
      ),
  }),
  defineRoute({
    ...AT,
    id: 'unban',
    method: 'POST',
    path: '/admin/nodes/{nodeId}/unban',
    summary: 'Lets a banned node in again, where it stood',
    handle: ({ parts, params }) =>
      change(parts, params, 'unban', node => {
        if (!node.stateBeforeBan) throw new Refusal('admin_conflict', 'the node is not banned');
        return { state: node.stateBeforeBan, stateBeforeBan: null };
      }),
  }),
  defineRoute({
    ...AT,
    id: 'revoke',
    method: 'POST',
    path: '/admin/nodes/{nodeId}/revoke',
    summary: 'Revokes every certificate of the node and of its operator',
    handle: ({ parts, params }) =>
      change(parts, params, 'revoke', ({ nodeId }) => {
        for (const certificate of parts.records.certificates.list({ subject: nodeId })) {
          parts.records.certificates.put(certificate.sha256, { ...certificate, revoked: 'by an admin' });
        }
        return {};
      }),
  }),
  defineRoute({
    ...AT,
    id: 'releaseNode',
    method: 'POST',
    path: '/admin/nodes/{nodeId}/release',
    summary: 'Lets the machine whose join state is stale through, once; from then on the other one is stale',
    handle: ({ parts, params }) =>
      change(parts, params, 'release', node => {
        const open = parts.records.suspicions.list({ nodeId: node.nodeId }).filter(({ state }) => state === 'open');
        const latest = open.toSorted((a, b) => a.lastAt.localeCompare(b.lastAt)).at(-1);
        if (!latest) throw new Refusal('admin_conflict', 'no stale join state of this node was seen');
        const id = `${node.nodeId}/${node.registrationId}/${latest.sequence}`;
        parts.records.suspicions.put(id, { ...latest, state: 'released' });
        return { join: { ...node.join, released: latest.sequence } };
      }),
  }),
  defineRoute({
    ...AT,
    id: 'setAction',
    method: 'POST',
    path: '/admin/nodes/{nodeId}/action',
    summary: 'What the node is asked to do by the answer to its next events',
    body: ActionOrder,
    handle: ({ parts, params, body }) => change(parts, params, `ask for ${body.action}`, () => body),
  }),
  defineRoute({
    ...AT,
    id: 'issueTicket',
    method: 'POST',
    path: '/admin/nodes/{nodeId}/recovery-tickets',
    summary: 'A ticket that recovers the node once, on any hardware, without a wait',
    answers: { 201: { description: 'shown once', schema: IssuedTicket } },
    handle: ({ parts, params }) => {
      const { nodeId } = find(parts, params);
      parts.audit('admin', 'issue recovery ticket', nodeId);
      return json(201, issueTicket(parts, nodeId));
    },
  }),
  defineRoute({
    ...AT,
    id: 'setNodeConfig',
    method: 'PUT',
    path: '/admin/nodes/{nodeId}/config',
    summary: 'A configuration for this node alone; the generation rises',
    body: ConfigInput,
    answers: { 200: { description: 'set', schema: GivenConfig } },
    handle: ({ parts, params, body }) =>
      parts.store.transaction(() => {
        const { clusterId, nodeId } = find(parts, params);
        const cluster = parts.records.clusters.get(clusterId);
        if (!cluster) throw new Refusal('admin_conflict', `cluster ${clusterId} is gone`);
        const config = nextConfig(parts, cluster, body);
        updateNode(parts, nodeId, () => ({ config }));
        parts.audit('admin', 'set config', nodeId, { generation: config.generation });
        return json(200, config);
      }),
  }),
  defineRoute({
    ...AT,
    id: 'forgetNode',
    method: 'DELETE',
    path: '/admin/nodes/{nodeId}',
    summary: 'Forgets a node, as a Controller restored from an older backup has',
    answers: { 204: { description: 'forgotten' } },
    handle: ({ parts, params }) => {
      const { nodeId } = find(parts, params);
      parts.records.nodes.delete(nodeId);
      parts.audit('admin', 'forget node', nodeId);
      return empty(204);
    },
  }),
  defineRoute({
    ...AT,
    id: 'listEvents',
    method: 'GET',
    path: '/admin/nodes/{nodeId}/events',
    summary: 'All events of a node, in the order of their arrival',
    answers: { 200: { description: 'all', schema: EventList } },
    handle: ({ parts, params }) => json(200, { events: parts.records.events.list({ nodeId: params.nodeId ?? '' }) }),
  }),
  defineRoute({
    ...AT,
    id: 'listBundles',
    method: 'GET',
    path: '/admin/nodes/{nodeId}/bundles',
    summary: 'The diagnostic bundles of a node',
    answers: { 200: { description: 'all', schema: BundleList } },
    handle: ({ parts, params }) => json(200, { bundles: parts.records.bundles.list({ nodeId: params.nodeId ?? '' }) }),
  }),
  defineRoute({
    ...AT,
    id: 'getBundle',
    method: 'GET',
    path: '/admin/nodes/{nodeId}/bundles/{bundleId}',
    summary: 'One bundle, as it came',
    params: { nodeId: Id, bundleId: Id },
    answers: { 200: { description: 'the bytes', schema: z.string(), mediaType: 'application/octet-stream' } },
    handle: ({ parts, params }) => {
      const { nodeId = '', bundleId = '' } = params;
      const kept = parts.records.bundles.get(`${nodeId}/${bundleId}`);
      if (!kept) throw new Refusal('admin_unknown', `there is no bundle ${bundleId} of node ${nodeId}`);
      const headers = { 'content-type': 'application/octet-stream', 'content-length': String(kept.bytes) };
      return { status: 200, headers, body: createReadStream(path.join(parts.bundleFolder, nodeId, bundleId)) };
    },
  }),
];

type Params = Readonly<Record<string, string>>;

function change(parts: Parts, params: Params, action: string, fields: (node: NodeRecord) => Partial<NodeRecord>) {
  return parts.store.transaction(() => {
    const { nodeId } = find(parts, params);
    parts.audit('admin', action, nodeId);
    return json(200, view(parts, updateNode(parts, nodeId, fields)));
  });
}

function view(parts: Parts, node: NodeRecord): NodeView {
  const configGeneration = effectiveConfig(parts, node)?.generation ?? 0;
  return { ...node, configGeneration, suspicions: parts.records.suspicions.list({ nodeId: node.nodeId }) };
}

function find(parts: Parts, params: Params): NodeRecord {
  const node = parts.records.nodes.get(params.nodeId ?? '');
  if (!node) throw new Refusal('admin_unknown', `there is no node ${params.nodeId}`);
  return node;
}
