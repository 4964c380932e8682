import type {
  Activation,
  EventsAnswer,
  Handoff,
  IssuedCertificate,
  Meta,
  NodeCertificate,
  Registration,
} from './protocol.ts';

/**
 * The port to the Controller: one method a call of the protocol, one attempt each. Patience (retry.ts) lies around it.
 *
 * Every failure is an AgentError; its `retry` field says what to do with it: class, whole seconds of Retry-After or
 * null, and whether it came from the authenticated Controller (`authenticated`) or from something in between.
 * Bodies that must be re-sent byte for byte are given as strings, already serialized and fsynced by the caller.
 */
export interface Controller {
  /** Call 0. */
  meta(as: 'bootstrap' | 'node'): Promise<Meta>;
  /** Call 1. */
  register(clusterId: string, body: string, idempotencyKey: string): Promise<Registration>;
  /** Call 2. `waitSeconds` 0 asks without long-poll. */
  registration(registrationId: string, poll: { etag: string | null; waitSeconds: number }): Promise<PollAnswer>;
  /** Call 3. */
  certificate(registrationId: string): Promise<NodeCertificate>;
  /** Call 4. */
  activate(nodeId: string, body: string, joinState: string): Promise<Activation>;
  /** Call 5. */
  config(nodeId: string, nonce: string, joinState: string): Promise<ConfigAnswer>;
  /** Call 6. */
  events(nodeId: string, body: string, joinState: string): Promise<EventsAnswer>;
  /** Call 7. */
  facts(nodeId: string, body: string, joinState: string): Promise<void>;
  /** Call 8. */
  handoff(nodeId: string, body: string, joinState: string): Promise<Handoff & RetryHint>;
  /** Call 9. */
  renew(nodeId: string, csr: string, joinState: string): Promise<IssuedCertificate>;
  /** Call 10. */
  decommission(nodeId: string, joinState: string): Promise<void>;
  /** Call 12. An encrypted bundle of at most 256 MiB; it may take as long as it gets on. */
  bundle(nodeId: string, bundleId: string, body: AsyncIterable<Uint8Array>, joinState: string): Promise<void>;
  /** Call 13. */
  operatorCertificate(nodeId: string, csr: string, joinState: string): Promise<IssuedCertificate>;
  /** Ends every connection, so that the process can end. Later calls open new ones. */
  close(): Promise<void>;
}

export interface RetryHint {
  readonly retryAfterSeconds: number | null;
}

export type PollAnswer =
  | { readonly changed: true; readonly registration: Registration; readonly etag: string | null }
  | ({ readonly changed: false } & RetryHint);

export type ConfigAnswer =
  | { readonly ready: true; readonly jws: string }
  | ({ readonly ready: false; readonly state: string } & RetryHint);
