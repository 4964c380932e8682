import { z } from 'zod';
import { EdgeName, Id } from '../../../agent/controller/protocol.ts';
import { empty, json } from '../answer.ts';
import {
  ClusterOrder,
  ClusterSettings,
  CredentialsOrder,
  CredentialsPair,
  createCluster,
  renewCredentials,
} from '../clusters.ts';
import { ConfigInput, nextConfig } from '../configuration.ts';
import type { Parts } from '../parts.ts';
import { Refusal } from '../problems.ts';
import { Cluster } from '../records.ts';
import { defineRoute, type Route } from '../route.ts';

export const CreatedCluster = CredentialsPair.extend({ cluster: Cluster });
export const ClusterList = z.object({ clusters: z.array(Cluster) });
export const GivenConfig = z.object({ generation: z.int(), document: z.record(z.string(), z.json()) }).nullable();

const AT = { params: { clusterId: Id }, access: 'admin', problems: ['admin_unknown', 'admin_conflict'] } as const;

export const clusterRoutes: readonly Route[] = [
  defineRoute({
    id: 'createCluster',
    method: 'POST',
    path: '/admin/clusters',
    access: 'admin',
    summary: 'Makes a cluster; the only answer that ever has its passphrase and credentials',
    body: ClusterOrder,
    answers: { 201: { description: 'made', schema: CreatedCluster } },
    problems: ['admin_conflict'],
    handle: async ({ parts, body }) => json(201, await createCluster(parts, body)),
  }),
  defineRoute({
    id: 'listClusters',
    method: 'GET',
    path: '/admin/clusters',
    access: 'admin',
    summary: 'All clusters',
    answers: { 200: { description: 'all', schema: ClusterList } },
    handle: ({ parts }) => json(200, { clusters: parts.records.clusters.list() }),
  }),
  defineRoute({
    ...AT,
    id: 'getCluster',
    method: 'GET',
    path: '/admin/clusters/{clusterId}',
    summary: 'One cluster',
    answers: { 200: { description: 'as it is', schema: Cluster } },
    handle: ({ parts, params }) => json(200, find(parts, params)),
  }),
  defineRoute({
    ...AT,
    id: 'changeCluster',
    method: 'PATCH',
    path: '/admin/clusters/{clusterId}',
    summary: 'Changes approval, quota and image rules',
    body: ClusterSettings,
    answers: { 200: { description: 'as it is now', schema: Cluster } },
    handle: ({ parts, params, body }) => {
      const changed = Cluster.parse({ ...find(parts, params), ...body });
      parts.records.clusters.put(changed.clusterId, changed);
      parts.audit('admin', 'change cluster', changed.clusterId, z.record(z.string(), z.json()).parse(body));
      return json(200, changed);
    },
  }),
  defineRoute({
    ...AT,
    id: 'deleteCluster',
    method: 'DELETE',
    path: '/admin/clusters/{clusterId}',
    summary: 'Forgets a cluster, but not its nodes',
    answers: { 204: { description: 'forgotten' } },
    handle: ({ parts, params }) => {
      const { clusterId } = find(parts, params);
      parts.records.clusters.delete(clusterId);
      parts.audit('admin', 'delete cluster', clusterId);
      return empty(204);
    },
  }),
  defineRoute({
    ...AT,
    id: 'makeCredentials',
    method: 'POST',
    path: '/admin/clusters/{clusterId}/credentials',
    summary: 'Another passphrase and credentials for the cluster, shown once',
    body: CredentialsOrder,
    answers: { 201: { description: 'made', schema: CredentialsPair } },
    handle: async ({ parts, params, body }) => json(201, await renewCredentials(parts, find(parts, params), body)),
  }),
  defineRoute({
    ...AT,
    id: 'revokeBootstrap',
    method: 'POST',
    path: '/admin/clusters/{clusterId}/revoke-bootstrap',
    summary: 'Revokes all credentials of the cluster made so far',
    answers: { 204: { description: 'revoked' } },
    handle: ({ parts, params }) => {
      const { clusterId } = find(parts, params);
      parts.store.transaction(() => {
        for (const certificate of parts.records.certificates.list({ subject: clusterId })) {
          parts.records.certificates.put(certificate.sha256, { ...certificate, revoked: 'by an admin' });
        }
        parts.audit('admin', 'revoke bootstrap', clusterId);
      });
      return empty(204);
    },
  }),
  defineRoute({
    ...AT,
    id: 'getClusterConfig',
    method: 'GET',
    path: '/admin/clusters/{clusterId}/config',
    summary: 'The configuration of the cluster and its generation; null when there is none',
    answers: { 200: { description: 'as it is', schema: GivenConfig } },
    handle: ({ parts, params }) => json(200, find(parts, params).config),
  }),
  defineRoute({
    ...AT,
    id: 'setClusterConfig',
    method: 'PUT',
    path: '/admin/clusters/{clusterId}/config',
    summary:
      'Sets the configuration of all nodes that have none of their own, or of one edge name; the generation rises',
    query: z.object({ edge: EdgeName.optional() }),
    body: ConfigInput,
    answers: { 200: { description: 'set', schema: GivenConfig } },
    handle: ({ parts, params, query: { edge }, body }) =>
      parts.store.transaction(() => {
        const { clusterId } = find(parts, params);
        const config = nextConfig(parts, find(parts, params), body);
        const cluster = find(parts, params);
        const set = edge === undefined ? { config } : { edgeConfigs: { ...cluster.edgeConfigs, [edge]: config } };
        parts.records.clusters.put(clusterId, { ...cluster, ...set });
        const whose = edge === undefined ? {} : { edge };
        parts.audit('admin', 'set config', clusterId, { ...whose, generation: config.generation });
        return json(200, config);
      }),
  }),
];

function find(parts: Parts, params: Readonly<Record<string, string>>): Cluster {
  const cluster = parts.records.clusters.get(params.clusterId ?? '');
  if (!cluster) throw new Refusal('admin_unknown', `there is no cluster ${params.clusterId}`);
  return cluster;
}
