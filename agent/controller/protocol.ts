import * as z from 'zod';
import { CheckResult, PreflightReport } from '../../bootstrap/preflight/check.ts';
import { EdgeName } from './edge-name.ts';

export { EdgeName };

/**
 * The wire messages of Controller protocol v1, as both sides parse them: the agent, the reference Controller, and the
 * OpenAPI document that is generated from here. Unknown fields are ignored, except in the two closed blocks of the
 * credentials file (credentials-file.ts has those). "Unknown on this host" is null; only `.optional()` may be left out.
 */
export const PROTOCOL = 1;
export const API_VERSION = 'v1';
export const BASE_PATH = '/conjurer/v1';
export const MAX_BODY_BYTES = 1024 * 1024;
export const MAX_BUNDLE_BYTES = 256 * 1024 * 1024;

export const Id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'an id: [a-z0-9][a-z0-9-]{0,62}');
export const Kid = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'a key id: [A-Za-z0-9_-]{1,64}');
export const Nonce = z.string().regex(/^[A-Za-z0-9_-]{22,128}$/, 'a nonce: 22 to 128 characters of base64url');
/** RFC 3339, UTC, with seconds: 2026-01-31T08:00:00Z. */
export const Time = z.iso.datetime({ precision: 0 });
export const Sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex');
export const JoinState = z.string().regex(/^[A-Za-z0-9._-]{1,1024}$/, 'a join state: 1 to 1,024 of [A-Za-z0-9._-]');
/** MAJOR.MINOR.PATCH, no leading v. */
export const Version = z.string().regex(/^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/, 'a version: MAJOR.MINOR.PATCH');
const Count = z.int().nonnegative();

export const HEADER_IDEMPOTENCY_KEY = 'idempotency-key';
export const HEADER_JOIN_STATE = 'conjurer-join-state';

/** Answer of call 0. */
export const Meta = z.object({
  controllerVersion: Version,
  apiVersions: z.array(z.string()),
  minImage: Version.nullable(),
  blockedImages: z.array(z.string()),
  clusterId: Id,
  longPollMaxSeconds: Count,
  autoApprove: z.boolean(),
  time: Time,
});
export type Meta = z.infer<typeof Meta>;

export const Image = z.object({
  name: z.string().min(1).max(256),
  version: Version,
  buildId: z.string().min(1).max(256),
  minControllerVersion: Version,
});
export type Image = z.infer<typeof Image>;

export const Hardware = z.object({
  smbiosUuid: z.string().nullable(),
  serial: z.string().nullable(),
  machineIdHash: z.string().nullable(),
  macs: z.array(z.string()),
  vendor: z.string().nullable(),
  product: z.string().nullable(),
  virtualization: z.string().nullable(),
});
export type Hardware = z.infer<typeof Hardware>;

export const Resources = z.object({
  cpus: Count.nullable(),
  memoryMiB: Count.nullable(),
  diskGiB: Count.nullable(),
});
export type Resources = z.infer<typeof Resources>;

/** What call 1 may carry of the preflight, as `conjurer preflight --json` prints it. */
export { CheckResult, PreflightReport };

/** Request of call 1. */
export const RegistrationRequest = z.object({
  edgeName: EdgeName,
  csr: z.string().min(1),
  image: Image.nullable(),
  agentVersion: z.string().min(1).max(64),
  protocol: z.literal(PROTOCOL),
  instanceId: z.string().nullable(),
  bootId: z.string().nullable(),
  hardware: Hardware,
  resources: Resources,
  preflight: PreflightReport.optional(),
  intent: z.enum(['new', 'recover']),
  recoveryTicket: z.string().min(1).max(1024).optional(),
});
export type RegistrationRequest = z.infer<typeof RegistrationRequest>;

export const RegistrationState = z.enum(['discovered', 'approved', 'denied', 'expired', 'quarantined']);
export type RegistrationState = z.infer<typeof RegistrationState>;

/** Answer of calls 1 and 2. */
export const Registration = z.object({
  registrationId: Id,
  state: RegistrationState,
  reason: z.string().optional(),
  keyFingerprint: z.string(),
  claimCode: z.string(),
  expiresAt: Time.nullable(),
  joinState: JoinState,
});
export type Registration = z.infer<typeof Registration>;

/** Answer of calls 9 and 13. `chain` is one PEM string, leaf first, without the root. */
export const IssuedCertificate = z.object({ chain: z.string().min(1), renewAfter: Time, notAfter: Time });
export type IssuedCertificate = z.infer<typeof IssuedCertificate>;

/** Answer of call 3. */
export const NodeCertificate = IssuedCertificate.extend({ nodeId: Id });
export type NodeCertificate = z.infer<typeof NodeCertificate>;

export const NodeState = z.enum(['activated', 'configured', 'provisioned', 'ready', 'decommissioned', 'banned']);
export type NodeState = z.infer<typeof NodeState>;

/** Request and answer of call 4. */
export const ActivationRequest = z.object({
  registrationId: Id,
  certSha256: Sha256Hex,
  bootId: z.string().nullable(),
});
export type ActivationRequest = z.infer<typeof ActivationRequest>;
export const Activation = z.object({ state: NodeState, configGeneration: Count, joinState: JoinState });
export type Activation = z.infer<typeof Activation>;

/** The 202 of call 5. */
export const ConfigPending = z.object({ state: z.string() });

export const AgentEvent = z.object({
  id: z.string().min(1).max(128),
  at: Time,
  code: z.string().min(1).max(64),
  level: z.enum(['debug', 'info', 'warn', 'error']),
  message: z.string().max(4096),
  generation: Count.optional(),
  data: z.record(z.string(), z.json()).optional(),
});
export type AgentEvent = z.infer<typeof AgentEvent>;

/** Request and answer of call 6. */
export const EventBatch = z.object({ seq: z.int().positive(), events: z.array(AgentEvent).max(100) });
export type EventBatch = z.infer<typeof EventBatch>;
export const EventsAnswer = z.object({
  ackSeq: Count,
  joinState: JoinState,
  configGeneration: Count,
  action: z.enum(['none', 'refetch', 'renew', 'decommission']),
});
export type EventsAnswer = z.infer<typeof EventsAnswer>;

/** Request of call 8, and its two answers. */
export const HandoffRequest = z.object({
  configGeneration: Count,
  cluster: z.object({
    distribution: z.string(),
    version: z.string().nullable(),
    role: z.string().nullable(),
    nodeName: z.string().nullable(),
  }),
  operator: z.object({ name: z.string(), version: z.string(), ready: z.boolean() }).nullable(),
  evidence: z.array(z.object({ kind: z.string(), name: z.string(), sha256: Sha256Hex.optional(), ok: z.boolean() })),
});
export type HandoffRequest = z.infer<typeof HandoffRequest>;
export const Handoff = z.object({ state: z.enum(['provisioned', 'ready']) });
export type Handoff = z.infer<typeof Handoff>;

/** Request of calls 9 and 13. */
export const CertificateRequest = z.object({ csr: z.string().min(1) });

/** Payload of call 11's JWS. */
export const SignedTime = z.object({ nonce: Nonce, now: Time });

/** Request of call 14. */
export const OperatorHeartbeat = z.object({
  at: Time,
  cluster: z.object({
    version: z.string().nullable(),
    nodesReady: Count,
    nodesTotal: Count,
    nodes: z.array(z.string()),
  }),
  addons: z.array(z.object({ name: z.string(), ready: z.boolean() })),
});
export type OperatorHeartbeat = z.infer<typeof OperatorHeartbeat>;

/** RFC 9457, media type application/problem+json. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  class: z.enum(['retry', 'wait', 'terminal']),
  retryAfter: Count.nullable(),
  requestId: z.string(),
  /** The held 409s carry the registration they hold. */
  registrationId: Id.optional(),
  keyFingerprint: z.string().optional(),
  claimCode: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;
export type ProblemClass = Problem['class'];

/** An Ed25519 public key that signs configurations and times. */
export const ConfigKey = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string(), kid: Kid });
export type ConfigKey = z.infer<typeof ConfigKey>;

const Cidr = z.string().regex(/^[0-9A-Fa-f.:]+\/\d{1,3}$/, 'a network, as in 10.244.0.0/16');
const Endpoint = z
  .string()
  .regex(/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, 'a host with its port, as in 10.0.0.10:6443');

/** The cluster that the node belongs to. The token of `join` is a secret. */
const Cluster = z.object({
  distribution: z.string(),
  kubernetesVersion: Version,
  role: z.enum(['control-plane', 'worker']),
  podSubnet: Cidr.optional(),
  serviceSubnet: Cidr.optional(),
  controlPlaneEndpoint: z.union([Endpoint, z.string().regex(/^[A-Za-z0-9.-]+$/, 'a host')]).optional(),
  join: z
    .object({
      endpoint: Endpoint,
      token: z.string().regex(/^[a-z0-9]{6}\.[a-z0-9]{16}$/, 'a bootstrap token'),
      caCertHashes: z.array(z.string().regex(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 lower-case hex digits')).min(1),
    })
    .optional(),
});

/** Kubernetes objects as YAML: a file of the image by its path, or the text itself; `sha256` is that of the bytes. */
const ManifestSource = z.object({ path: z.string().optional(), inline: z.string().optional(), sha256: Sha256Hex });
export type ManifestSource = z.infer<typeof ManifestSource>;

/** The workload that is to be ready, one of those that the manifests name. */
const Readiness = z.object({ kind: z.string(), name: z.string(), timeoutSeconds: z.number().positive() });

const Operator = z.object({
  name: z.string().min(1),
  version: z.string().min(1),
  unit: z.string().optional(),
  namespace: z.string().optional(),
  manifests: z.array(ManifestSource).optional(),
  readiness: Readiness.optional(),
});

export const Addon = z.object({
  name: z.string().min(1),
  manifests: z.array(ManifestSource),
  readiness: Readiness.optional(),
});
export type Addon = z.infer<typeof Addon>;

/** The signed configuration document (call 5). Sections that later stages own are kept as they came. */
export const ConfigDocument = z.object({
  aud: Id,
  clusterId: Id,
  generation: z.int().positive(),
  nonce: Nonce,
  issuedAt: Time,
  requires: z.array(z.string()),
  trust: z.object({ cas: z.array(z.string()).min(1).max(8), configKeys: z.array(ConfigKey).min(1).max(4) }).optional(),
  ntp: z.object({ servers: z.array(z.string()) }).optional(),
  proxy: z
    .object({
      http: z.string().optional(),
      https: z.string().optional(),
      noProxy: z.array(z.string()).optional(),
      caPem: z.string().optional(),
    })
    .optional(),
  network: z.json().optional(),
  firewall: z.json().optional(),
  components: z.array(z.json()).optional(),
  cluster: Cluster.optional(),
  /** `driver`: systemd or kubeadm; one that this version does not know is named as such when it is its turn. */
  handoff: z.object({ driver: z.string(), operator: Operator }).optional(),
  addons: z.array(Addon).optional(),
  reporting: z.object({ heartbeatSeconds: z.number().positive().optional() }).optional(),
});
export type ConfigDocument = z.infer<typeof ConfigDocument>;
