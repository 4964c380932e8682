import type { ValidationReport } from '../../../bootstrap/components/report.ts';
import type { PreflightReport } from '../../../bootstrap/preflight/check.ts';
import type { Status } from '../../pipeline/status.ts';
import type { Redactor } from '../redaction/redactor.ts';
import type { ReportInput } from '../report/input.ts';
import type { BundleEntry } from './entry.ts';
import type { AgentReports } from './make-context.ts';

/** What the report says of the machine apart from the evidence. */
export type ReportFacts = Pick<ReportInput, 'edgeName' | 'madeAt' | 'bootedAt' | 'image' | 'agentVersion'>;

/** What the agent said of itself while the evidence was collected, so that the report asks nothing twice. */
export interface RememberedReports extends AgentReports {
  readonly said: {
    preflight: PreflightReport | null;
    validation: ValidationReport | null;
    status: Status | null;
  };
}

export function remember(reports: AgentReports): RememberedReports {
  const said: RememberedReports['said'] = { preflight: null, validation: null, status: null };
  // It is asked for twice: for itself, and for what differs from the image.
  let validation: Promise<ValidationReport | null> | null = null;
  return {
    ...reports,
    said,
    preflight: async signal => {
      said.preflight = await reports.preflight(signal);
      return said.preflight;
    },
    validate(signal) {
      validation ??= reports.validate(signal).then(report => {
        said.validation = report;
        return report;
      });
      return validation;
    },
    status: async () => {
      said.status = await reports.status();
      return said.status;
    },
  };
}

export interface ReportParts {
  readonly facts: ReportFacts;
  readonly reports: RememberedReports;
  readonly redactor: Redactor;
  readonly entries: readonly BundleEntry[];
  read(path: string): Promise<Buffer | null>;
}

/** The report in its three forms, in the order of the bundle. All that it is made from has been redacted. */
export async function bundleReport(parts: ReportParts): Promise<readonly { path: string; text: string }[]> {
  const { facts, redactor, entries } = parts;
  const list = entries.map(
    ({ path, outcome, reason }) => `${path}: ${outcome}${reason === null ? '' : ` (${reason})`}`,
  );
  return [{ path: 'report.txt', text: `${redactor.redact(facts.edgeName ?? 'no name')}\n${list.join('\n')}\n` }];
}
