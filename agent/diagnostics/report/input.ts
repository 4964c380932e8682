import type { ValidationReport } from '../../../bootstrap/components/report.ts';
import type { PreflightReport } from '../../controller/protocol.ts';
import type { Status } from '../../pipeline/status.ts';
import type { BundleEntry } from '../bundle/entry.ts';
import type { Recordings } from '../flight-recorder/recording.ts';

/** What is known when the report is made. null is what is not known, or could not be collected. */
export interface ReportInput {
  readonly edgeName: string | null;
  readonly madeAt: Date;
  /** When the kernel of this machine started. */
  readonly bootedAt: Date | null;
  /** What the image's manifest says of itself. */
  readonly image: { readonly name: string; readonly version: string; readonly buildId: string } | null;
  readonly agentVersion: string;
  readonly preflight: PreflightReport | null;
  readonly validation: ValidationReport | null;
  readonly status: Status | null;
  readonly recordings: Recordings;
  /** All that was collected or tried, in the order of the bundle. */
  readonly entries: readonly BundleEntry[];
  /**
   * The redacted text of an entry, unpacked where it is packed, no more than the reader cares to give; null: there is
   * none. The report asks for one entry at a time and keeps none, so that memory holds the largest only.
   */
  read(path: string): Promise<string | null>;
  /** false: it is known that no literal of a rule stands in this entry (notice.ts), which need not be read for it. */
  isTelling?(path: string): boolean;
}

/** The same report three times: for a browser, for programs (conjurer.report/v1), for a terminal. */
export interface Report {
  readonly html: string;
  readonly json: string;
  readonly text: string;
}
