import type { Change } from '../../bootstrap/change.ts';
import type { Manifest } from '../../bootstrap/components/manifest.ts';
import type { Facts } from '../../bootstrap/facts/facts.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import type { PreflightReport } from '../../bootstrap/preflight/check.ts';
import type { InputFile } from '../config/load.ts';
import type { EventBus } from '../pipeline/events.ts';
import type { FetchedConfiguration } from './configuration-store.ts';
import type { Events } from './event-queue.ts';
import type { InputHosts } from './inputs.ts';
import type { Lineage } from './lineage.ts';
import type { Link } from './link.ts';
import type { Orders } from './orders.ts';
import type { State } from './state.ts';

/** What the enrolment's stages and changes share. Built once, by wire.ts. */
export interface EnrolmentParts {
  readonly host: Host;
  readonly state: State;
  readonly link: Link;
  readonly lineage: Lineage;
  readonly events: Events;
  readonly orders: Orders;
  readonly bus: EventBus;
  readonly inputs: { readonly hosts: InputHosts; readonly passphrase: InputFile; readonly credentials: InputFile };
  /** The facts of this run: set by each stage that needs them, for its changes. */
  readonly facts: Once<Facts>;
  /** What this run has found out of the machine: it travels with the registration. */
  readonly preflight: Once<PreflightReport>;
  /** The configuration that the plan has fetched and verified: its bytes are a secret and not in any change. */
  readonly fetched: Once<FetchedConfiguration>;
  recovery(): Promise<Recovery>;
  /** What brings the components of this machine to the section `components` of the configuration. */
  planUpdates(section: readonly unknown[]): Promise<Change[]>;
  /** What the image holds, verified, with what was updated since; null: this machine has no manifest. */
  imageManifest(): Promise<Manifest | null>;
  readonly options: EnrolmentOptions;
  /** Throws AgentError `E_CONFIG_INVALID` where the configuration names none. */
  edgeName(): string;
  now(): Date;
}

/** What `conjurer recover` asked for, with the ticket read. */
export interface Recovery {
  readonly intent: 'new' | 'recover';
  readonly newIdentityFor: string | null;
  /** A secret. */
  readonly ticket: string | null;
}

export interface EnrolmentOptions {
  /** false: a plan, which asks once and never waits for anybody. */
  readonly patient: boolean;
  /** false: end with E_WAITING instead of waiting for an approval. */
  readonly wait: boolean;
  /** true: end with E_WAITING once the Controller has the registration, even where it is approved. Default false. */
  readonly onlyAnnounces?: boolean;
  readonly splaySeconds: number;
  readonly removeInputs: boolean;
  /** How long the Controller may stay away after a change of the way to it, before that is reverted. */
  readonly confirmSeconds: number;
}

export interface Once<T> {
  set(value: T): void;
  /** Throws where nothing was set: a stage that needs it did not say so in `needs`. */
  get(): T;
  known(): T | null;
}

export function once<T>(name: string): Once<T> {
  let held: { value: T } | null = null;
  return {
    set(value) {
      held = { value };
    },
    get() {
      if (held === null) throw new Error(`${name} was asked for before it was known`);
      return held.value;
    },
    known: () => held?.value ?? null,
  };
}
