import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { ValidationReport } from '../../../bootstrap/components/report.ts';
import type { PreflightReport } from '../../../bootstrap/preflight/check.ts';
import type { Status } from '../../pipeline/status.ts';
import type { Redactor } from '../redaction/redactor.ts';
import type { ReportInput } from '../report/input.ts';
import { makeReport } from '../report/report.ts';
import type { BundleEntry } from './entry.ts';
import type { AgentReports } from './make-context.ts';

const unpack = promisify(gunzip);

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
  isTelling(path: string): boolean;
}

/** In the order of the bundle. */
export const reportNames = ['report.html', 'report.json', 'report.txt'] as const;

/** The report in its three forms. All that it is made from has been redacted before. */
export async function bundleReport(
  parts: ReportParts,
): Promise<Readonly<Record<(typeof reportNames)[number], string>>> {
  const { facts, reports, redactor, entries, read, isTelling } = parts;
  const { preflight, validation, status } = reports.said;
  const { html, json, text } = await makeReport({
    ...facts,
    preflight: redacted(redactor, preflight),
    validation: redacted(redactor, validation),
    status: redacted(redactor, status),
    recordings: redacted(redactor, await reports.recordings()),
    entries,
    isTelling,
    async read(path) {
      const content = await read(path);
      if (content === null) return null;
      return (path.endsWith('.gz') ? await unpack(content) : content).toString('utf8');
    },
  });
  return { 'report.html': html, 'report.json': json, 'report.txt': text };
}

/** The redactor changes texts, and no shape. */
function redacted<T>(redactor: Redactor, value: T): T {
  return redactor.redactValue(value) as T;
}
