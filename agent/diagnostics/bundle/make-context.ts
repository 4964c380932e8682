import type { ValidationReport } from '../../../bootstrap/components/report.ts';
import type { Facts } from '../../../bootstrap/facts/facts.ts';
import type { Host } from '../../../bootstrap/host/host.ts';
import type { PreflightReport } from '../../../bootstrap/preflight/check.ts';
import type { Status } from '../../pipeline/status.ts';
import type { Recordings } from '../flight-recorder/recording.ts';

/** What the agent can say of itself and of its machine. Any of it may throw, and that costs only itself. */
export interface AgentReports {
  /** Every key of the configuration with its value and where that came from. */
  readonly settings: readonly { readonly key: string; readonly value: unknown; readonly from: string }[];
  /** Code and message, where the configuration cannot be used and `settings` are the defaults. */
  readonly configProblem: string | null;
  preflight(signal: AbortSignal): Promise<PreflightReport>;
  validate(signal: AbortSignal): Promise<ValidationReport | null>;
  facts(signal: AbortSignal): Promise<Facts>;
  status(): Promise<Status>;
  recordings(): Promise<Recordings>;
}

/** What a collector that makes its own text may use. */
export interface MakeContext {
  readonly host: Host;
  readonly reports: AgentReports;
  /** Ends with the collector's time limit. */
  readonly signal: AbortSignal;
}
