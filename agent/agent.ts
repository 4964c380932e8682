import type { Depth, Progress } from '../bootstrap/components/finding.ts';
import type { ValidationReport } from '../bootstrap/components/report.ts';
import type { Validation } from '../bootstrap/components/validate.ts';
import type { Facts } from '../bootstrap/facts/facts.ts';
import type { PreflightReport } from '../bootstrap/preflight/check.ts';
import type { StageName } from '../bootstrap/stage.ts';
import type { LoadedConfig } from './config/load.ts';
import type { Collector } from './diagnostics/bundle/collector.ts';
import type { BundleEntry } from './diagnostics/bundle/entry.ts';
import type { OpenedBundle } from './diagnostics/bundle/open-bundle.ts';
import type { BundleVerdict } from './diagnostics/bundle/verify.ts';
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
  /** What a bundle would take, in its order. */
  bundlePreview(): Promise<readonly Collector[]>;
  /** Collects, redacts, encrypts, writes and perhaps uploads. Takes no lock. Throws AgentError. */
  bundle(request: BundleRequest, signal: AbortSignal): Promise<BundleResult>;
  /** Looks into a bundle, and whether it is as it was made. */
  openBundle(request: OpenBundleRequest): Promise<BundleLook>;
  close(): Promise<void>;
}

export interface BundleRequest {
  /** A real path of a file or a directory as it was typed, `-` for `write`, null: a file in the working directory. */
  readonly out: string | null;
  readonly since: Date | null;
  /** Instead of those of the configuration; [] where none was given. */
  readonly recipients: readonly string[];
  readonly plaintext: boolean;
  readonly upload: boolean;
  /** With `out` `-`. Resolves when more can be taken. */
  write(bytes: Uint8Array): Promise<void>;
  onEntry(entry: BundleEntry): void;
}

export interface BundleResult {
  /** null: it was streamed, or could not be written but was uploaded. */
  readonly path: string | null;
  readonly bytes: number;
  readonly encrypted: boolean;
  readonly signed: boolean;
  /** The Controller's id of it; null: it was not uploaded. */
  readonly uploadedAs: string | null;
  readonly entries: readonly BundleEntry[];
  /** Why it could not be written although it was uploaded. */
  readonly problem: string | null;
}

/** Files are real paths, as they were typed. */
export interface OpenBundleRequest {
  readonly file: string;
  /** An age identity file, for a bundle that is encrypted. */
  readonly identityFile: string | null;
  /** PEM of the Controller's CAs; null: those that this machine has pinned, if it has. */
  readonly caFile: string | null;
  /** A file in the bundle, to be shown; null: none. */
  readonly show: string | null;
}

export interface BundleLook {
  readonly opened: OpenedBundle;
  readonly verdict: BundleVerdict;
}

export interface ValidateRequest {
  readonly depth: Depth;
  /** Mend what can be mended from what is on this disk, and validate again. */
  readonly repair: boolean;
  /** The same validation, which began before there was an Agent; null: it begins now. */
  readonly begun: BegunValidation | null;
}

export interface BegunValidation {
  /** Fulfilled when files are being read, or when there are none to read. */
  readonly underway: Promise<void>;
  /** Tells the progress from its beginning. Throws as `Agent.validate`. */
  result(progress: Progress): Promise<Validation>;
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
