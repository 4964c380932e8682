import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Controller } from '../../agent/controller/controller.ts';
import { createResolve } from '../../agent/controller/name.ts';
import { defaultPatience } from '../../agent/controller/patience.ts';
import { errorOf, type WIRE_PROBLEMS } from '../../agent/controller/problem.ts';
import type { ClientIdentity } from '../../agent/controller/tls.ts';
import { createTransport, type TransportCall } from '../../agent/controller/transport.ts';
import type { AgentError } from '../../bootstrap/errors.ts';
import { openAuthority, readKeyPair } from '../controller/pki/authority.ts';
import { newP256Key } from '../controller/pki/keys.ts';
import { connectAgent, failureOf, realClock } from './agent-client.ts';
import type { Lab, LabNode } from './lab.ts';
import { bootstrapIdentity, keyPem, type MachineShape, makeMachine } from './raw-agent.ts';
import { createTestPki } from './test-pki.ts';

const DAY_MS = 86_400_000;
const IMAGE = { name: 'clusterimage-r-v1.5.0', version: '1.5.0', buildId: 'b1', minControllerVersion: '1.5.0' };

/** For every code of the protocol, the situation in which a real Controller answers it to a client of the agent. */
export const situations: Record<(typeof WIRE_PROBLEMS)[number], (lab: Lab) => Promise<AgentError>> = {
  malformed: async lab => asNode(lab, node => ({ call: to => to.activate(node.nodeId, '{}', node.joinState) })),
  csr_invalid: async lab =>
    asNode(lab, node => ({
      call: to => to.operatorCertificate(node.nodeId, JSON.parse(node.machine.body).csr, node.joinState),
    })),
  idempotency_mismatch: async lab => {
    const machine = await makeMachine(lab.clusterId, unique());
    return failureOf(bootstrap(lab).register(lab.clusterId, machine.body, 'A'.repeat(43)));
  },
  client_cert_missing: async lab => failureOf(agent(lab, null).meta('bootstrap')),
  client_cert_untrusted: async lab =>
    failureOf(agent(lab, await (await createTestPki()).client('urn:conjurer:cluster:cluster-1')).meta('bootstrap')),
  client_cert_expired: async lab => failureOf(agent(lab, await expired(lab, 'node:n1')).meta('node')),
  client_cert_revoked: async lab =>
    asNode(lab, node => ({ first: () => lab.controller.admin.revoke(node.nodeId), call: to => to.meta('node') })),
  bootstrap_revoked: async lab => {
    await lab.controller.admin.revokeBootstrap(lab.clusterId);
    return failureOf(bootstrap(lab).meta('bootstrap'));
  },
  bootstrap_expired: async lab =>
    failureOf(agent(lab, await expired(lab, `cluster:${lab.clusterId}`)).meta('bootstrap')),
  quota_exhausted: async lab => {
    await lab.controller.admin.changeCluster(lab.clusterId, { quota: 0 });
    return register(lab, unique());
  },
  registration_denied: async lab =>
    afterRegistering(
      lab,
      id => lab.controller.admin.deny(id, 'not ours'),
      (to, id) => to.certificate(id),
    ),
  node_banned: async lab =>
    asNode(lab, node => ({
      first: () => lab.controller.admin.ban(node.nodeId),
      call: to => to.config(node.nodeId, 'n'.repeat(22), node.joinState),
    })),
  wrong_cluster: async lab => {
    const machine = await makeMachine('elsewhere', unique());
    return failureOf(bootstrap(lab).register('elsewhere', machine.body, machine.idempotencyKey));
  },
  wrong_role: async lab => failureOf(bootstrap(lab).config('node-1', 'n'.repeat(22), 'state')),
  cluster_unknown: async lab => {
    await lab.controller.admin.deleteCluster(lab.clusterId);
    return failureOf(bootstrap(lab).meta('bootstrap'));
  },
  node_unknown: async lab =>
    asNode(lab, node => ({
      first: () => lab.controller.admin.forgetNode(node.nodeId),
      call: to => to.config(node.nodeId, 'n'.repeat(22), node.joinState),
    })),
  registration_unknown: async lab => failureOf(bootstrap(lab).certificate('reg-unknown')),
  not_found: async lab => raw(lab, { method: 'GET', path: '/conjurer/v1/no-such-call' }),
  method_not_allowed: async lab => raw(lab, { method: 'DELETE', path: '/conjurer/v1/meta' }),
  not_approved: async lab =>
    afterRegistering(
      lab,
      async () => {},
      (to, id) => to.certificate(id),
    ),
  not_activated: async lab => {
    const node = await lab.enrol(unique());
    return failureOf(
      agent(lab, identityOf(await chainOf(lab, node), node)).config(node.nodeId, 'n'.repeat(22), node.joinState),
    );
  },
  already_activated: async lab => failureOf(bootstrap(lab).certificate((await lab.activate(unique())).registrationId)),
  edge_name_conflict: async lab =>
    register(lab, { ...unique(), edgeName: (await lab.activate(unique())).machine.edgeName }),
  clone_suspected: async lab => {
    const { machine } = await lab.activate(unique());
    return register(lab, { ...unique(), edgeName: machine.edgeName, key: machine.key });
  },
  recovery_needs_approval: async lab => {
    const shape = unique();
    await lab.activate(shape);
    return register(lab, shape);
  },
  image_too_new: async lab =>
    register(lab, { ...unique(), changes: { image: { ...IMAGE, minControllerVersion: '99.0.0' } } }),
  image_too_old: async lab => {
    await lab.controller.admin.changeCluster(lab.clusterId, { minImage: '1.10.0' });
    return register(lab, { ...unique(), changes: { image: IMAGE } });
  },
  image_blocked: async lab => {
    await lab.controller.admin.changeCluster(lab.clusterId, { blockedImages: [IMAGE.name] });
    return register(lab, { ...unique(), changes: { image: IMAGE } });
  },
  registration_expired: async lab =>
    afterRegistering(
      lab,
      id => lab.controller.admin.expire(id),
      (to, id) => to.certificate(id),
    ),
  node_decommissioned: async lab =>
    asNode(lab, node => ({
      first: to => to.decommission(node.nodeId, node.joinState),
      call: to => to.config(node.nodeId, 'n'.repeat(22), node.joinState),
    })),
  too_large: async lab =>
    asNode(lab, node => ({
      call: to => to.facts(node.nodeId, JSON.stringify({ padding: '0'.repeat(1024 * 1024) }), node.joinState),
    })),
  rate_limited: async lab => {
    await lab.controller.admin.changeSettings({ rateLimit: 0.01 });
    const to = bootstrap(lab);
    // One request may pass at this rate, the second not for 100 s.
    return failureOf(to.meta('bootstrap').then(() => to.meta('bootstrap')));
  },
  maintenance: async lab => {
    await lab.controller.admin.fault({ kind: 'maintenance', retryAfter: 17, count: 1 });
    return failureOf(bootstrap(lab).meta('bootstrap'));
  },
  internal: async lab => {
    const answer = { kind: 'unknown-problem', status: 500, class: 'retry', code: 'internal', count: 1 } as const;
    await lab.controller.admin.fault(answer);
    return failureOf(bootstrap(lab).meta('bootstrap'));
  },
};

const opened: (() => Promise<unknown>)[] = [];
let machines = 0;

/** Ends every connection that the situations opened. */
export async function closeAgents(): Promise<void> {
  await Promise.all(opened.splice(0).map(close => close()));
}

/** A machine that no other row knows. */
export function unique(): MachineShape & { edgeName: string } {
  machines++;
  return { edgeName: `edge-${machines}`, smbiosUuid: `uuid-${machines}`, serial: `serial-${machines}` };
}

export function agent(lab: Lab, identity: ClientIdentity | null, patience = defaultPatience): Controller {
  const controller = connectAgent({
    urls: [lab.controller.url],
    cas: [lab.controller.ca],
    identity: () => identity,
    patience,
  });
  opened.push(controller.close);
  return controller;
}

export function bootstrap(lab: Lab, patience = defaultPatience): Controller {
  return agent(lab, bootstrapPem(lab), patience);
}

function bootstrapPem(lab: Lab): ClientIdentity {
  const { cert, key } = bootstrapIdentity(lab);
  return { cert: Buffer.from(cert), key: Buffer.from(key) };
}

async function register(lab: Lab, shape: MachineShape): Promise<AgentError> {
  const machine = await makeMachine(lab.clusterId, shape);
  return failureOf(bootstrap(lab).register(lab.clusterId, machine.body, machine.idempotencyKey));
}

async function afterRegistering(
  lab: Lab,
  decide: (registrationId: string) => Promise<unknown>,
  call: (to: Controller, registrationId: string) => Promise<unknown>,
): Promise<AgentError> {
  const machine = await makeMachine(lab.clusterId, unique());
  const to = bootstrap(lab);
  const { registrationId } = await to.register(lab.clusterId, machine.body, machine.idempotencyKey);
  await decide(registrationId);
  return failureOf(call(to, registrationId));
}

/** An activated node of its own, what happens to it, and the call that then fails. */
async function asNode(
  lab: Lab,
  plan: (node: LabNode) => { first?: (to: Controller) => Promise<unknown>; call: (to: Controller) => Promise<unknown> },
): Promise<AgentError> {
  const node = await lab.enrol(unique());
  const to = agent(lab, identityOf(await chainOf(lab, node), node));
  const { registrationId, certSha256, nodeId } = node;
  const body = JSON.stringify({ registrationId, certSha256, bootId: 'boot-1' });
  node.joinState = (await to.activate(nodeId, body, node.joinState)).joinState;
  const { first, call } = plan(node);
  await first?.(to);
  return failureOf(call(to));
}

async function chainOf(lab: Lab, node: LabNode): Promise<string> {
  return (await bootstrap(lab).certificate(node.registrationId)).chain;
}

function identityOf(chain: string, { machine }: LabNode): ClientIdentity {
  return { key: Buffer.from(keyPem(machine.key)), cert: Buffer.from(chain) };
}

/** A certificate of the Controller's own CA that ended a day ago. */
async function expired(lab: Lab, name: string): Promise<ClientIdentity> {
  const authority = await openAuthority(
    lab.controller.ca,
    readKeyPair(readFileSync(join(lab.controller.data, 'ca/key.pem'), 'utf8')),
  );
  const key = newP256Key();
  const cert = await authority.issue({
    spki: key.spki,
    subject: [{ CN: ['late'] }],
    sans: [{ type: 'url', value: `urn:conjurer:${name}` }],
    usage: 'client',
    from: new Date(Date.now() - 30 * DAY_MS),
    to: new Date(Date.now() - DAY_MS),
  });
  return { key: Buffer.from(keyPem(key)), cert: Buffer.from(cert) };
}

/** A request that the agent never makes, over its transport. */
async function raw(lab: Lab, request: Pick<TransportCall, 'method' | 'path'>): Promise<AgentError> {
  const transport = createTransport({
    urls: [lab.controller.url],
    cas: [lab.controller.ca],
    identity: () => bootstrapPem(lab),
    proxy: null,
    patience: defaultPatience,
    clock: realClock,
    resolve: createResolve(),
  });
  opened.push(transport.close);
  return transport.send({ ...request, role: 'bootstrap', headers: {}, body: null, waitSeconds: 0 }, errorOf);
}
