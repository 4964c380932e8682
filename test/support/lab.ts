import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ClusterOrder } from '../controller/clusters.ts';
import { sha256Hex } from '../controller/pki/keys.ts';
import { type ControllerOptions, type RunningController, startController } from '../controller/start.ts';
import { checkAnswer } from './answer-check.ts';
import {
  bootstrapIdentity,
  type Identity,
  keyPem,
  type MachineShape,
  makeMachine,
  openClient,
  type RawAnswer,
  type RawClient,
  type RawMachine,
} from './raw-agent.ts';

/** A Controller on a throw-away folder, with one cluster and a client that holds its bootstrap certificate. */
export interface Lab {
  readonly controller: RunningController;
  readonly clusterId: string;
  readonly bootstrap: RawClient;
  readonly passphrase: string;
  readonly credentials: string;
  /** Opens a client that is closed with the lab, and whose answers must be as the API document says. */
  client(identity: Identity | null, datesMatter?: boolean): RawClient;
  register(machine: RawMachine): Promise<RawAnswer>;
  /** Registers, approves and fetches the certificate: a node that is not activated. */
  enrol(shape?: MachineShape): Promise<LabNode>;
  /** The same, activated. */
  activate(shape?: MachineShape): Promise<LabNode>;
  close(): Promise<void>;
}

export interface LabNode {
  readonly machine: RawMachine;
  readonly registrationId: string;
  readonly nodeId: string;
  readonly client: RawClient;
  /** Certificate and key that the client shows. */
  readonly identity: Identity;
  readonly certSha256: string;
  /** The last one that was answered. */
  joinState: string;
}

export async function openLab(
  options: Partial<ControllerOptions> = {},
  order: Partial<ClusterOrder> = {},
): Promise<Lab> {
  const folder = await mkdtemp(path.join(tmpdir(), 'conjurer-lab-'));
  const controller = await startController({ data: folder, ...options });
  const clusterId = order.clusterId ?? 'cluster-1';
  const { passphrase, credentials } = await controller.admin.createCluster({ clusterId, lock: 'scrypt', ...order });
  const clients: RawClient[] = [];
  const client: Lab['client'] = (identity, datesMatter) => {
    const opened = openClient(controller.url, controller.ca, identity, datesMatter);
    clients.push(opened);
    return {
      ...opened,
      send: async (method, target, request) => {
        const answer = await opened.send(method, target, request);
        const id = answer.headers['x-request-id'];
        const struck = controller.records.find(({ requestId }) => requestId === id)?.faults ?? [];
        if (struck.length === 0) checkAnswer(method, `/conjurer/v1${target}`, answer);
        return answer;
      },
    };
  };
  const bootstrap = client(bootstrapIdentity({ passphrase, credentials }));
  const lab: Lab = {
    controller,
    clusterId,
    passphrase,
    credentials,
    bootstrap,
    client,
    register: machine =>
      bootstrap.send('POST', `/clusters/${clusterId}/registrations`, {
        headers: { 'idempotency-key': machine.idempotencyKey },
        body: machine.body,
      }),
    enrol: async shape => {
      const machine = await makeMachine(clusterId, shape);
      const registered = await lab.register(machine);
      const { registrationId, keyFingerprint, state } = registered.json;
      if (state !== 'approved') await controller.admin.approve(registrationId, keyFingerprint);
      return collect(lab, machine, registrationId);
    },
    activate: async shape => {
      const node = await lab.enrol(shape);
      const activated = await sendActivation(node, 'boot-1');
      if (activated.status !== 200) throw new Error(activated.text);
      node.joinState = activated.json.joinState;
      return node;
    },
    close: async () => {
      await Promise.all(clients.map(opened => opened.close()));
      await controller.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return lab;
}

/** Fetches the certificate of an approved registration and opens a client that holds it. */
export async function collect(lab: Lab, machine: RawMachine, registrationId: string): Promise<LabNode> {
  const registered = await lab.bootstrap.send('GET', `/registrations/${registrationId}`);
  const issued = await lab.bootstrap.send('GET', `/registrations/${registrationId}/certificate`);
  if (issued.status !== 200) throw new Error(issued.text);
  const { nodeId, chain } = issued.json;
  const identity = { cert: chain, key: keyPem(machine.key) };
  return {
    machine,
    registrationId,
    nodeId,
    identity,
    client: lab.client(identity),
    certSha256: sha256Hex(new X509Certificate(chain).raw),
    joinState: registered.json.joinState,
  };
}

/** Call 4. */
export function sendActivation(node: LabNode, bootId: string, joinState = node.joinState): Promise<RawAnswer> {
  return node.client.send('PUT', `/nodes/${node.nodeId}/activation`, {
    headers: { 'conjurer-join-state': joinState },
    body: { registrationId: node.registrationId, certSha256: node.certSha256, bootId },
  });
}

/** Call 6 with one event or none. */
export function sendEvents(node: LabNode, seq: number, joinState = node.joinState, code?: string): Promise<RawAnswer> {
  const event = { id: `event-${seq}`, at: '2026-01-31T08:00:00Z', code, level: 'info', message: 'x', generation: 1 };
  return node.client.send('POST', `/nodes/${node.nodeId}/events`, {
    headers: { 'conjurer-join-state': joinState },
    body: { seq, events: code === undefined ? [] : [event] },
  });
}
