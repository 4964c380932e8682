import type { EventEmitter } from 'node:events';
import type { z } from 'zod';
import type { Clock } from './clock.ts';
import type { FaultBoard } from './faults/board.ts';
import type { Authority } from './pki/authority.ts';
import type { SigningKey } from './pki/jws.ts';
import type { Records, RegistrationRecord } from './records.ts';
import type { RequestLog } from './request-log.ts';
import type { Store } from './store.ts';

/** What can be changed while it runs. */
export interface Settings {
  /** Agent requests a second, all together; null: no limit. */
  rateLimit: number | null;
  longPollMaxSeconds: number;
  /** Of clusters that are made without a word on it. */
  autoApprove: boolean;
  /** What call 0 says, and what images are measured by. */
  controllerVersion: string;
  /** The Retry-After of undecided registrations, pending configurations and hand-offs; null: as the protocol has it. */
  retryAfterSeconds: number | null;
}

/** Emits `registration` with a RegistrationRecord, and `change` with a WatchEvent. */
export type Changes = EventEmitter<{ registration: [RegistrationRecord]; change: [WatchEvent] }>;

export interface WatchEvent {
  readonly kind: 'registration' | 'node' | 'suspicion' | 'audit';
  readonly at: string;
  readonly subject: string;
  readonly state: string;
}

/** Everything that the calls work with. Made once, at start. */
export interface Parts {
  readonly clock: Clock;
  readonly store: Store;
  readonly records: Records;
  readonly authority: Authority;
  readonly signingKeys: readonly SigningKey[];
  readonly joinSecret: Buffer;
  readonly settings: Settings;
  readonly faults: FaultBoard;
  readonly changes: Changes;
  readonly requests: RequestLog;
  /** What the admin side asks for as a bearer token. */
  readonly adminToken: string;
  /** Where bundles are kept. */
  readonly bundleFolder: string;
  /** Aborted when the Controller ends, so that nobody waits on. */
  readonly closing: AbortSignal;
  /** Lets the clock, the certificate of the server and its names be as faults and clusters want them now. */
  refreshServer(): Promise<void>;
  /** The address that new credentials name when none is given. */
  defaultUrl(): string;
  audit(actor: string, action: string, subject: string, detail?: Record<string, z.core.util.JSONType>): void;
}
