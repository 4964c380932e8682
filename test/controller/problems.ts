import type { ProblemClass } from '../../agent/controller/protocol.ts';

interface ProblemKind {
  readonly status: number;
  readonly class: ProblemClass;
  readonly title: string;
  /** Whole seconds; only class retry may have one. */
  readonly retryAfter?: number;
}

/** The error table of the protocol, and below it what only the admin side answers. */
export const problemKinds = {
  malformed: { status: 400, class: 'terminal', title: 'the request is not understood' },
  csr_invalid: { status: 422, class: 'terminal', title: 'the certificate request is not acceptable' },
  idempotency_mismatch: { status: 422, class: 'terminal', title: 'the idempotency key does not fit the request' },
  client_cert_missing: { status: 401, class: 'terminal', title: 'a client certificate is needed' },
  client_cert_untrusted: {
    status: 401,
    class: 'terminal',
    title: 'the client certificate is not from this Controller',
  },
  client_cert_expired: { status: 401, class: 'terminal', title: 'the client certificate has expired' },
  client_cert_revoked: { status: 401, class: 'terminal', title: 'the client certificate is revoked' },
  bootstrap_revoked: { status: 403, class: 'wait', title: 'the bootstrap credentials are revoked' },
  bootstrap_expired: { status: 403, class: 'wait', title: 'the bootstrap credentials have expired' },
  quota_exhausted: { status: 403, class: 'wait', title: 'the cluster takes no more registrations' },
  registration_denied: { status: 403, class: 'terminal', title: 'the registration was denied' },
  node_banned: { status: 403, class: 'terminal', title: 'the node is banned' },
  wrong_cluster: { status: 403, class: 'terminal', title: 'the certificate is for another cluster' },
  wrong_role: { status: 403, class: 'terminal', title: 'the certificate does not allow this call' },
  cluster_unknown: { status: 404, class: 'wait', title: 'the cluster of the certificate is not known' },
  node_unknown: { status: 404, class: 'wait', title: 'the node of the certificate is not known' },
  registration_unknown: { status: 404, class: 'wait', title: 'the registration is not known' },
  not_found: { status: 404, class: 'terminal', title: 'there is no such call' },
  method_not_allowed: { status: 405, class: 'terminal', title: 'the call does not have this method' },
  not_approved: { status: 409, class: 'retry', title: 'the registration is not approved', retryAfter: 5 },
  not_activated: { status: 409, class: 'retry', title: 'the node is not activated', retryAfter: 5 },
  already_activated: { status: 409, class: 'terminal', title: 'the node is activated already' },
  edge_name_conflict: { status: 409, class: 'wait', title: 'another machine has this edge name' },
  clone_suspected: { status: 409, class: 'wait', title: 'the machine may be a copy' },
  recovery_needs_approval: { status: 409, class: 'wait', title: 'a known machine comes back with a new key' },
  image_too_new: { status: 409, class: 'wait', title: 'the image needs a newer Controller' },
  image_too_old: { status: 409, class: 'wait', title: 'the Controller needs a newer image' },
  image_blocked: { status: 409, class: 'wait', title: 'the image is blocked' },
  registration_expired: { status: 410, class: 'retry', title: 'the registration expired undecided', retryAfter: 1 },
  node_decommissioned: { status: 410, class: 'terminal', title: 'the node is decommissioned' },
  too_large: { status: 413, class: 'terminal', title: 'the request is too large' },
  rate_limited: { status: 429, class: 'retry', title: 'too many requests', retryAfter: 1 },
  maintenance: { status: 503, class: 'retry', title: 'the Controller is under maintenance', retryAfter: 30 },
  internal: { status: 500, class: 'retry', title: 'the Controller failed', retryAfter: 5 },

  admin_token_wrong: { status: 401, class: 'terminal', title: 'the admin token is missing or wrong' },
  admin_unknown: { status: 404, class: 'terminal', title: 'there is nothing of this id' },
  admin_conflict: { status: 409, class: 'terminal', title: 'the present state does not allow this' },
  fingerprint_mismatch: { status: 409, class: 'terminal', title: 'the key is another one than the one to approve' },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof problemKinds;

/** The registration that a held 409 is about. */
export interface HeldRegistration {
  readonly registrationId: string;
  readonly keyFingerprint: string;
  readonly claimCode: string;
}

/** Thrown by a call that is not granted; answered as application/problem+json. */
export class Refusal extends Error {
  readonly code: ProblemCode;
  readonly held: HeldRegistration | null;
  readonly retryAfter: number | null;

  constructor(code: ProblemCode, detail: string, more: { held?: HeldRegistration; retryAfter?: number } = {}) {
    super(detail);
    const kind: ProblemKind = problemKinds[code];
    this.code = code;
    this.held = more.held ? identifying(more.held) : null;
    this.retryAfter = more.retryAfter ?? kind.retryAfter ?? null;
  }
}

/** A whole registration may be given; only what a person compares is shown. */
function identifying({ registrationId, keyFingerprint, claimCode }: HeldRegistration): HeldRegistration {
  return { registrationId, keyFingerprint, claimCode };
}
