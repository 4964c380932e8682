import { createHash, timingSafeEqual, type X509Certificate } from 'node:crypto';
import type { Parts } from '../parts.ts';
import { identifyPeer, noteUse, type Peer } from '../peer.ts';
import { Refusal } from '../problems.ts';
import type { NodeRecord } from '../records.ts';
import type { Route } from '../route.ts';
import type { Visit } from './visit.ts';

export interface Knock {
  readonly certificate: X509Certificate | undefined;
  readonly authorization: string | undefined;
  readonly params: Readonly<Record<string, string>>;
}

/** Who may come in: certificate, role, cluster or node of the path, and the state of the node, in this order. */
export function admit(parts: Parts, route: Route, visit: Visit, knock: Knock): NodeRecord | null {
  checkIds(route, knock.params);
  if (route.access === 'none') return null;
  if (route.access === 'admin') {
    checkToken(parts, knock.authorization);
    return null;
  }
  const peer = identifyPeer(parts, knock.certificate, visit.faults);
  visit.peer = peer;
  if (!route.access.split(' or ').includes(peer.role)) {
    throw new Refusal('wrong_role', `a ${peer.role} certificate does not allow this call`);
  }
  return peer.role === 'bootstrap' ? admitBootstrap(parts, peer, knock) : admitNode(parts, route, peer, knock);
}

function admitBootstrap(parts: Parts, peer: Peer, { params }: Knock): null {
  if (params.clusterId !== undefined && params.clusterId !== peer.subject) {
    throw new Refusal('wrong_cluster', `the certificate is for cluster ${peer.subject}`);
  }
  if (!parts.records.clusters.get(peer.subject)) {
    throw new Refusal('cluster_unknown', `cluster ${peer.subject} is not known here`);
  }
  return null;
}

function admitNode(parts: Parts, route: Route, peer: Peer, { params }: Knock): NodeRecord {
  if (params.nodeId !== undefined && params.nodeId !== peer.subject) {
    throw new Refusal('wrong_role', `the certificate is for node ${peer.subject}`);
  }
  const node = parts.records.nodes.get(peer.subject);
  if (!node) throw new Refusal('node_unknown', `node ${peer.subject} is not known here`);
  noteUse(parts, peer);
  if (route.nodeStates?.includes(node.state)) return node;
  if (node.state === 'banned') throw new Refusal('node_banned', `node ${node.nodeId} is banned`);
  if (node.state === 'decommissioned')
    throw new Refusal('node_decommissioned', `node ${node.nodeId} is decommissioned`);
  if (node.state === 'approved') throw new Refusal('not_activated', `node ${node.nodeId} is not activated`);
  return node;
}

function checkIds(route: Route, params: Knock['params']): void {
  for (const [name, schema] of Object.entries(route.params)) {
    if (!schema.safeParse(params[name]).success) throw new Refusal('malformed', `${name} in the path is not an id`);
  }
}

function checkToken(parts: Parts, authorization: string | undefined): void {
  const given = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  if (!timingSafeEqual(digest(given), digest(parts.adminToken))) {
    throw new Refusal('admin_token_wrong', 'Authorization: Bearer, and the content of admin-token in the data folder');
  }
}
