import { Agent, request } from 'undici';
import { z } from 'zod';
import { BASE_PATH, Problem } from '../../../agent/controller/protocol.ts';
import type { ClusterOrder, ClusterSettings, CredentialsOrder } from '../clusters.ts';
import { CredentialsPair } from '../clusters.ts';
import type { ConfigInput } from '../configuration.ts';
import { Fault, type FaultInput } from '../faults/spec.ts';
import { ADMIN_NAME } from '../http/tls.ts';
import { Cluster, type NodeAction, RegistrationRecord } from '../records.ts';
import { ClusterList, CreatedCluster, GivenConfig } from './clusters.ts';
import { AuditLog, FaultList, FaultsEnded, RequestList, SettingsView } from './lab.ts';
import { BundleList, EventList, IssuedTicket, NodeList, NodeView } from './nodes.ts';
import { RegistrationList } from './registrations.ts';

export interface AdminTarget {
  readonly url: string;
  readonly token: string;
  /** PEM; nothing else is trusted. */
  readonly ca: string;
}

export type AdminClient = ReturnType<typeof connectAdmin>;

/** A refusal of the admin side, as its problem document has it. */
export class AdminRefusal extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.title}: ${problem.detail}`);
    this.problem = problem;
  }
}

/** What the vendor's web console does by hand, by REST. Every method is one request; a refusal is an AdminRefusal. */
export function connectAdmin(target: AdminTarget) {
  const dispatcher = new Agent({
    connect: { ca: target.ca, servername: ADMIN_NAME, rejectUnauthorized: true, minVersion: 'TLSv1.3' },
  });
  const call = async <T>(method: Method, path: string, schema: z.ZodType<T>, body?: unknown): Promise<T> => {
    const response = await request(`${target.url}${BASE_PATH}/admin${path}`, {
      dispatcher,
      method,
      headers: { authorization: `Bearer ${target.token}`, ...(body === undefined ? {} : JSON_TYPE) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.body.text();
    if (response.statusCode >= 400) throw new AdminRefusal(Problem.parse(JSON.parse(text)));
    return schema.parse(text === '' ? undefined : JSON.parse(text));
  };
  const nothing = z.undefined();
  return {
    createCluster: (order: ClusterOrder) => call('POST', '/clusters', CreatedCluster, order),
    clusters: async () => (await call('GET', '/clusters', ClusterList)).clusters,
    cluster: (id: string) => call('GET', `/clusters/${id}`, Cluster),
    changeCluster: (id: string, change: ClusterSettings) => call('PATCH', `/clusters/${id}`, Cluster, change),
    deleteCluster: (id: string) => call('DELETE', `/clusters/${id}`, nothing),
    makeCredentials: (id: string, order: CredentialsOrder = {}) =>
      call('POST', `/clusters/${id}/credentials`, CredentialsPair, order),
    revokeBootstrap: (id: string) => call('POST', `/clusters/${id}/revoke-bootstrap`, nothing),
    config: (clusterId: string) => call('GET', `/clusters/${clusterId}/config`, GivenConfig),
    /** Of the whole cluster, or of the machine of an edge name, whether it is known yet or not. */
    setConfig: (clusterId: string, document: ConfigInput, edge?: string) => {
      const whose = edge === undefined ? '' : `?${new URLSearchParams({ edge })}`;
      return call('PUT', `/clusters/${clusterId}/config${whose}`, GivenConfig, document);
    },
    setNodeConfig: (nodeId: string, document: ConfigInput) =>
      call('PUT', `/nodes/${nodeId}/config`, GivenConfig, document),

    registrations: async (where: { cluster?: string; edge?: string; state?: string } = {}) =>
      (await call('GET', `/registrations?${new URLSearchParams(where)}`, RegistrationList)).registrations,
    registration: (id: string) => call('GET', `/registrations/${id}`, RegistrationRecord),
    approve: (id: string, keyFingerprint: string) =>
      call('POST', `/registrations/${id}/approve`, RegistrationRecord, { keyFingerprint }),
    deny: (id: string, reason: string) => call('POST', `/registrations/${id}/deny`, RegistrationRecord, { reason }),
    quarantine: (id: string) => call('POST', `/registrations/${id}/quarantine`, RegistrationRecord),
    releaseRegistration: (id: string) => call('POST', `/registrations/${id}/release`, RegistrationRecord),
    expire: (id: string) => call('POST', `/registrations/${id}/expire`, RegistrationRecord),
    forgetRegistration: (id: string) => call('DELETE', `/registrations/${id}`, nothing),

    nodes: async (where: { cluster?: string; edge?: string } = {}) =>
      (await call('GET', `/nodes?${new URLSearchParams(where)}`, NodeList)).nodes,
    node: (id: string) => call('GET', `/nodes/${id}`, NodeView),
    ban: (id: string) => call('POST', `/nodes/${id}/ban`, NodeView),
    unban: (id: string) => call('POST', `/nodes/${id}/unban`, NodeView),
    revoke: (id: string) => call('POST', `/nodes/${id}/revoke`, NodeView),
    releaseNode: (id: string) => call('POST', `/nodes/${id}/release`, NodeView),
    action: (id: string, action: NodeAction) => call('POST', `/nodes/${id}/action`, NodeView, { action }),
    ticket: (id: string) => call('POST', `/nodes/${id}/recovery-tickets`, IssuedTicket),
    forgetNode: (id: string) => call('DELETE', `/nodes/${id}`, nothing),
    events: async (id: string) => (await call('GET', `/nodes/${id}/events`, EventList)).events,
    bundles: async (id: string) => (await call('GET', `/nodes/${id}/bundles`, BundleList)).bundles,

    fault: (spec: FaultInput) => call('POST', '/faults', Fault, spec),
    faults: async () => (await call('GET', '/faults', FaultList)).faults,
    /** By id or kind; all without an argument. Returns how many were on. */
    faultOff: async (which?: string) =>
      (await call('DELETE', `/faults${which === undefined ? '' : `?which=${which}`}`, FaultsEnded)).ended,
    settings: () => call('GET', '/settings', SettingsView),
    changeSettings: (change: Partial<z.infer<typeof SettingsView>>) => call('PATCH', '/settings', SettingsView, change),
    audit: async () => (await call('GET', '/audit', AuditLog)).entries,
    requests: async () => (await call('GET', '/requests', RequestList)).requests,
    close: () => dispatcher.destroy(),
  };
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
const JSON_TYPE = { 'content-type': 'application/json' };
