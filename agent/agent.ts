import type { Depth } from '../bootstrap/components/finding.ts';
import type { ValidationReport } from '../bootstrap/components/report.ts';
import type { Facts } from '../bootstrap/facts/facts.ts';
import type { PreflightReport } from '../bootstrap/preflight/check.ts';
import type { StageName } from '../bootstrap/stage.ts';
import type { LoadedConfig } from './config/load.ts';
import type { EventBus } from './pipeline/events.ts';
import type { StagePlan } from './pipeline/plan.ts';
import type { Status } from './pipeline/status.ts';

/** What the commands can ask for. wire.ts builds the real one; a command only parses flags, asks, and renders. */
export interface Agent {
  readonly config: LoadedConfig;
  readonly events: EventBus;
  facts(signal: AbortSignal): Promise<Facts>;
  preflight(signal: AbortSignal): Promise<PreflightReport>;
  plan(selection: StageSelection, signal: AbortSignal): Promise<StagePlan[]>;
  /** Takes the run lock, walks the stages, keeps status.json. Throws AgentError; returns where the machine stands. */
  run(options: RunOptions, signal: AbortSignal): Promise<{ handedOff: boolean }>;
  status(): Promise<StatusReport>;
  /** What `recover` would do, for the person to read before saying yes. */
  recoveryPlan(options: RecoverOptions): Promise<RecoveryStep[]>;
  recover(
    options: RecoverOptions & Omit<RunOptions, keyof StageSelection>,
    signal: AbortSignal,
  ): Promise<{ handedOff: boolean }>;
  /** Undoes what the journal owes, newest first; lists what was undone and what cannot be. */
  revert(options: { stage: StageName | null }, signal: AbortSignal): Promise<RevertReport>;
  /** Reverts, decommissions where the Controller can be reached, wipes identity and state. */
  reset(signal: AbortSignal): Promise<ResetReport>;
  /** Compares the machine with the manifest of its image. Throws AgentError where there is none that can be trusted. */
  validate(request: ValidateRequest, signal: AbortSignal): Promise<ValidationReport>;
  /** For image builders; all work on the tree that is the host's root. */
  createManifest(options: CreateManifestOptions, signal: AbortSignal): Promise<ManifestSummary>;
  signManifest(options: SignManifestOptions): Promise<ManifestSummary>;
  /** `keyFile`: a public key that is trusted too, null: none. */
  verifyManifest(options: { readonly keyFile: string | null }): Promise<ManifestSummary>;
  close(): Promise<void>;
}

export interface ValidateRequest {
  readonly depth: Depth;
  /** Mend what can be mended from what is on this disk, and validate again. */
  readonly repair: boolean;
}

/** Files are real paths, as they were typed; null: the place in the image's root. */
export interface CreateManifestOptions {
  readonly specFile: string;
  readonly buildId: string | null;
  readonly builtAt: string | null;
  readonly outFile: string | null;
}

export interface SignManifestOptions {
  readonly keyFile: string;
  readonly manifestFile: string | null;
}

export interface ManifestSummary {
  readonly path: string;
  readonly image: string;
  readonly version: string;
  readonly buildId: string;
  readonly builtAt: string;
  /** How many. */
  readonly components: number;
  /** Of the exact bytes. */
  readonly sha256: string;
  /** Of the key that signed it; null: it is not signed yet. */
  readonly keyId: string | null;
}

export interface StageSelection {
  readonly until?: StageName;
  readonly from?: StageName;
  readonly only?: StageName;
}

export interface RunOptions extends StageSelection {
  /** false: exit 20 instead of waiting for approval. */
  readonly wait: boolean;
  /** false: skip the first-boot spread over the fleet. */
  readonly splay: boolean;
  /** false: passphrase and credentials file stay where they are after enrolment. */
  readonly removeInputs: boolean;
}

export interface RecoverOptions {
  readonly from: StageName | null;
  readonly newIdentity: boolean;
  /** Path of a file with a recovery ticket. */
  readonly ticketFile: string | null;
}

export interface RecoveryStep {
  readonly title: string;
  readonly why: string;
}

export interface StatusReport {
  readonly status: Status;
  /** Of each configuration key: where its value came from. Absent when the configuration may not be read. */
  readonly origins: Readonly<Record<string, string>>;
}

export interface RevertReport {
  readonly undone: readonly string[];
  readonly kept: readonly { readonly id: string; readonly why: string }[];
}

export interface ResetReport extends RevertReport {
  /** `copy`: the node belongs to the machine that this disk was copied from, and was left alone. */
  readonly decommissioned: 'done' | 'not-enrolled' | 'unreachable' | 'copy';
  /** The edge name of the node, null where this machine was not enrolled. */
  readonly edgeName: string | null;
  readonly removed: readonly string[];
}
