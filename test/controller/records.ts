import { z } from 'zod';
import {
  EdgeName,
  HandoffRequest,
  Hardware,
  Id,
  OperatorHeartbeat,
  RegistrationRequest,
  RegistrationState,
  Sha256Hex,
  Time,
  Version,
} from '../../agent/controller/protocol.ts';
import type { Collection, Store } from './store.ts';

const Json = z.record(z.string(), z.json());

/** A configuration as an admin gave it, and the generation that it got. */
const StoredConfig = z.object({ generation: z.int(), document: Json });

export const Cluster = z.object({
  clusterId: Id,
  controllerUrls: z.array(z.string()),
  autoApprove: z.boolean(),
  /** How many registrations may be made in all; null: any number. */
  quota: z.int().nonnegative().nullable(),
  minImage: Version.nullable(),
  blockedImages: z.array(z.string()),
  createdAt: Time,
  /** The generation given out last: every change of a configuration in the cluster takes the next. */
  lastGeneration: z.int().nonnegative(),
  config: StoredConfig.nullable(),
  /** In its place for the machine of an edge name, which need not be known yet. */
  edgeConfigs: z.record(EdgeName, StoredConfig).default({}),
});
export type Cluster = z.infer<typeof Cluster>;

export const Hold = z.enum(['edge_name_conflict', 'recovery_needs_approval', 'clone_suspected']);
export type Hold = z.infer<typeof Hold>;

export const RegistrationRecord = z.object({
  registrationId: Id,
  clusterId: Id,
  edgeName: EdgeName,
  spki: z.string(),
  keyFingerprint: z.string(),
  claimCode: z.string(),
  bodySha256: Sha256Hex,
  request: RegistrationRequest,
  state: RegistrationState,
  /** Why call 1 is answered 409 until a person decided. */
  hold: Hold.nullable(),
  reason: z.string().nullable(),
  /** Counts the changes that call 2 shows. */
  version: z.int(),
  createdAt: Time,
  expiresAt: Time,
  /** From approval on. */
  nodeId: Id.nullable(),
  /** The certificate that call 3 hands out until activation. */
  certSha256: Sha256Hex.nullable(),
  activated: z.boolean(),
});
export type RegistrationRecord = z.infer<typeof RegistrationRecord>;

export const StoredNodeState = z.enum([
  'approved',
  'activated',
  'configured',
  'provisioned',
  'ready',
  'decommissioned',
  'banned',
]);

export const NodeAction = z.enum(['none', 'refetch', 'renew', 'decommission']);
export type NodeAction = z.infer<typeof NodeAction>;

/** Where the chain of join states of a node stands. `previous` is the one whose request led to `current`. */
export const JoinChain = z.object({
  current: z.int(),
  boot: z.string(),
  previous: z.int().nullable(),
  /** Digest of the request that led from `previous` to `current`, and its answer, for a request whose answer was lost. */
  request: z.string().nullable(),
  answer: z.string().nullable(),
  /** A stale sequence number that an admin lets through, once. */
  released: z.int().nullable(),
});
export type JoinChain = z.infer<typeof JoinChain>;

export const NodeRecord = z.object({
  nodeId: Id,
  clusterId: Id,
  edgeName: EdgeName,
  registrationId: Id,
  state: StoredNodeState,
  stateBeforeBan: StoredNodeState.nullable(),
  hardware: Hardware,
  join: JoinChain,
  /** In place of the cluster's. */
  config: StoredConfig.nullable(),
  appliedGeneration: z.int(),
  refusedGeneration: z.int(),
  ackSeq: z.int(),
  action: NodeAction,
  operator: OperatorHeartbeat.nullable(),
  handoff: HandoffRequest.nullable(),
  facts: Json.nullable(),
  createdAt: Time,
  lastSeenAt: Time,
});
export type NodeRecord = z.infer<typeof NodeRecord>;

export const CertificateRecord = z.object({
  sha256: Sha256Hex,
  role: z.enum(['bootstrap', 'node', 'operator']),
  /** The cluster of a bootstrap certificate, else the node. */
  subject: z.string(),
  spkiSha256: Sha256Hex,
  csrSha256: Sha256Hex.nullable(),
  chain: z.string(),
  number: z.int(),
  issuedAt: Time,
  renewAfter: Time,
  notAfter: Time,
  /** Set on the older ones when a newer one is issued: they end then, or as soon as the newer one is used. */
  validUntil: Time.nullable(),
  used: z.boolean(),
  revoked: z.string().nullable(),
});
export type CertificateRecord = z.infer<typeof CertificateRecord>;

export const StoredEvent = z.object({
  nodeId: Id,
  registrationId: Id,
  seq: z.int(),
  receivedAt: Time,
  event: Json,
});
export type StoredEvent = z.infer<typeof StoredEvent>;

/** A stale join state that was presented: two machines may act as one node. */
export const Suspicion = z.object({
  nodeId: Id,
  sequence: z.int(),
  boot: z.string(),
  call: z.string(),
  firstAt: Time,
  lastAt: Time,
  times: z.int(),
  state: z.enum(['open', 'released']),
});
export type Suspicion = z.infer<typeof Suspicion>;

export const Ticket = z.object({ sha256: Sha256Hex, nodeId: Id, expiresAt: Time, usedBy: Id.nullable() });
export type Ticket = z.infer<typeof Ticket>;

export const AuditEntry = z.object({
  at: Time,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  detail: Json,
});
export type AuditEntry = z.infer<typeof AuditEntry>;

export const BundleRecord = z.object({
  nodeId: Id,
  bundleId: Id,
  bytes: z.int(),
  sha256: Sha256Hex,
  receivedAt: Time,
});
export type BundleRecord = z.infer<typeof BundleRecord>;

export interface Records {
  readonly clusters: Collection<Cluster>;
  readonly registrations: Collection<RegistrationRecord>;
  readonly nodes: Collection<NodeRecord>;
  readonly certificates: Collection<CertificateRecord>;
  readonly events: Collection<StoredEvent>;
  readonly suspicions: Collection<Suspicion>;
  readonly tickets: Collection<Ticket>;
  readonly audit: Collection<AuditEntry>;
  readonly bundles: Collection<BundleRecord>;
}

export function openRecords(store: Store): Records {
  return {
    clusters: store.collection('clusters', Cluster),
    registrations: store.collection('registrations', RegistrationRecord, ['clusterId', 'spki', 'edgeName']),
    nodes: store.collection('nodes', NodeRecord, ['clusterId', 'edgeName']),
    certificates: store.collection('certificates', CertificateRecord, ['subject', 'spkiSha256', 'csrSha256']),
    events: store.collection('events', StoredEvent, ['nodeId']),
    suspicions: store.collection('suspicions', Suspicion, ['nodeId']),
    tickets: store.collection('tickets', Ticket, ['nodeId']),
    audit: store.collection('audit', AuditEntry),
    bundles: store.collection('bundles', BundleRecord, ['nodeId']),
  };
}
