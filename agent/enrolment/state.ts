import * as z from 'zod';
import { AgentError } from '../../bootstrap/errors.ts';
import type { Files } from '../../bootstrap/host/host.ts';
import { paths } from '../config/paths.ts';
import {
  AgentEvent,
  ConfigKey,
  EdgeName,
  Id,
  JoinState,
  NodeState,
  Registration,
  Sha256Hex,
  Time,
} from '../controller/protocol.ts';

/** What conjurer keeps under /var/lib/conjurer to go on after a stop; one small file for each concern, all 0600. */
export interface State {
  readonly trust: StateFile<Trust>;
  readonly registration: StateFile<StoredRegistration>;
  readonly node: StateFile<StoredNode>;
  readonly operator: StateFile<StoredCertificate>;
  readonly joinState: StateFile<StoredJoinState>;
  readonly activation: StateFile<StoredActivation>;
  readonly applied: StateFile<Applied>;
  readonly events: StateFile<EventQueue>;
  readonly hardware: StateFile<StoredHardware>;
  readonly clonedFrom: StateFile<ClonedFrom>;
  readonly clock: StateFile<PersistedClock>;
  readonly handoff: StateFile<StoredHandoff>;
  readonly recovery: StateFile<StoredRecovery>;
}

export interface StateFile<T> {
  readonly path: string;
  /** null: there is none. Throws AgentError `E_STATE_INVALID` where it does not hold what was written. */
  read(): Promise<T | null>;
  /** Whole and synced before it returns. */
  write(value: T): Promise<void>;
  remove(): Promise<void>;
}

/** Which Controller is meant and what it is known by: from the credentials, later replaced by signed configuration. */
export const Trust = z.object({
  clusterId: Id,
  bootstrapId: z.string(),
  controllerUrls: z.array(z.string()).min(1),
  cas: z.array(z.string()).min(1),
  configKeys: z.array(ConfigKey).min(1),
  ntp: z.array(z.string()),
  issuedAt: Time,
});
export type Trust = z.infer<typeof Trust>;

/** The request as it was first sent; its body is re-sent byte for byte. */
export const StoredRegistration = z.object({
  clusterId: Id,
  edgeName: EdgeName,
  intent: z.enum(['new', 'recover']),
  keyFingerprint: z.string(),
  claimCode: z.string(),
  idempotencyKey: z.string(),
  body: z.string(),
  firstSentAt: Time.nullable(),
  answer: Registration.nullable(),
});
export type StoredRegistration = z.infer<typeof StoredRegistration>;

/** When a certificate that lies beside its key is to be renewed. */
export const StoredCertificate = z.object({ certSha256: Sha256Hex, renewAfter: Time, notAfter: Time });
export type StoredCertificate = z.infer<typeof StoredCertificate>;

/** What the node certificate in node.crt stands for. Written after it, so its presence says that both are there. */
export const StoredNode = StoredCertificate.extend({ nodeId: Id, registrationId: Id, edgeName: EdgeName });
export type StoredNode = z.infer<typeof StoredNode>;

/** The current join state, and the call that advances it while its answer has not arrived. */
export const StoredJoinState = z.object({
  current: JoinState,
  inFlight: z
    .object({ call: z.enum(['activation', 'events']), nodeId: Id, body: z.string(), joinState: JoinState })
    .nullable(),
});
export type StoredJoinState = z.infer<typeof StoredJoinState>;

export const StoredActivation = z.object({
  nodeId: Id,
  certSha256: Sha256Hex,
  bootId: z.string().nullable(),
  state: NodeState,
  configGeneration: z.int().nonnegative(),
  factsSent: z.boolean(),
});
export type StoredActivation = z.infer<typeof StoredActivation>;

/** The generation of the configuration in force; the document itself is kept by configuration-store.ts. */
export const Applied = z.object({ generation: z.int().positive(), hash: Sha256Hex });
export type Applied = z.infer<typeof Applied>;

/** Events that the Controller has not acknowledged. `seq` is that of the next batch. */
export const EventQueue = z.object({
  seq: z.int().positive(),
  dropped: z.int().nonnegative(),
  queue: z.array(AgentEvent),
});
export type EventQueue = z.infer<typeof EventQueue>;

/** By what this machine is told from a copy of it (protocol: compared at each start). */
export const StoredHardware = z.object({
  instanceId: z.string().nullable(),
  smbiosUuid: z.string().nullable(),
  serial: z.string().nullable(),
  rootDiskSerial: z.string().nullable(),
  machineIdHash: z.string().nullable(),
  imageBuildId: z.string().nullable(),
});
export type StoredHardware = z.infer<typeof StoredHardware>;

/** Of a machine that was made from a copy: whose. `told`: the Controller will hear of it. */
export const ClonedFrom = z.object({ edgeName: EdgeName, nodeId: Id.nullable(), at: Time, told: z.boolean() });
export type ClonedFrom = z.infer<typeof ClonedFrom>;

export const PersistedClock = z.object({ at: Time });
export type PersistedClock = z.infer<typeof PersistedClock>;

/** What the Controller has been told of the hand-off, and that it called the node ready. */
export const StoredHandoff = z.object({ nodeId: Id, generation: z.int().nonnegative(), state: z.literal('ready') });
export type StoredHandoff = z.infer<typeof StoredHandoff>;

/** What `conjurer recover` asked for, so that a recovery that was cut is gone on with by any later run. */
export const StoredRecovery = z.object({
  intent: z.enum(['new', 'recover']),
  /** The fingerprint of the key that shall be replaced; null where the identity stays. */
  newIdentityFor: z.string().nullable(),
  ticketFile: z.object({ path: z.string(), from: z.enum(['root', 'typed']) }).nullable(),
});
export type StoredRecovery = z.infer<typeof StoredRecovery>;

export function openState(files: Files): State {
  return {
    trust: stateFile(files, paths.trust, Trust),
    registration: stateFile(files, paths.registration, StoredRegistration),
    node: stateFile(files, paths.node, StoredNode),
    operator: stateFile(files, paths.operator, StoredCertificate),
    joinState: stateFile(files, paths.joinState, StoredJoinState),
    activation: stateFile(files, paths.activation, StoredActivation),
    applied: stateFile(files, paths.applied, Applied),
    events: stateFile(files, paths.events, EventQueue),
    hardware: stateFile(files, paths.hardware, StoredHardware),
    clonedFrom: stateFile(files, paths.clonedFrom, ClonedFrom),
    clock: stateFile(files, paths.clock, PersistedClock),
    handoff: stateFile(files, paths.handoff, StoredHandoff),
    recovery: stateFile(files, paths.recovery, StoredRecovery),
  };
}

/** The text of a state file, as `write` writes it and as a file change of the pipeline may carry it. */
export function stateText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function stateFile<T>(files: Files, path: string, schema: z.ZodType<T>): StateFile<T> {
  return {
    path,
    async read() {
      const text = await files.readText(path);
      return text === null ? null : parse(text, path, schema);
    },
    write: value => files.write(path, stateText(value), 0o600),
    remove: () => files.remove(path),
  };
}

function parse<T>(text: string, path: string, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw damaged(path, 'it is not JSON');
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw damaged(path, `${issue?.path.join('.') || 'the document'}: ${issue?.message}`);
}

function damaged(path: string, why: string): AgentError {
  return new AgentError('E_STATE_INVALID', `${path} does not hold what conjurer writes there: ${why}`, {
    seen: why,
    data: { path },
  });
}
