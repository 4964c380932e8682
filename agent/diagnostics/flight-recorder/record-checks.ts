import { isFailure } from '../../../bootstrap/components/finding.ts';
import type { ValidationReport } from '../../../bootstrap/components/report.ts';
import type { PreflightReport } from '../../../bootstrap/preflight/check.ts';
import { withFailed, withSettled } from './keep.ts';
import { Attempt, type RecordingKind } from './recording.ts';
import { type RecorderParts, readBootId, readRecording, writeRecording } from './recording-file.ts';

/** Keeps what a preflight found where it failed. Never throws. */
export async function recordPreflight({ at, verdict, checks }: PreflightReport, parts: RecorderParts): Promise<void> {
  const wrong = checks
    .filter(({ status }) => status !== 'pass' && status !== 'skip')
    .sort((a, b) => Number(b.status === 'fail') - Number(a.status === 'fail'))
    .map(({ id, status, observed, required, fix }) => ({ id, status, observed, required, fix }));
  await record('preflight', verdict === 'fail', { startedAt: at, checks: wrong }, parts);
}

/** Keeps what a validation found where it failed. Never throws. */
export async function recordValidation(report: ValidationReport, parts: RecorderParts): Promise<void> {
  const wrong = report.findings
    .filter(isFailure)
    .map(({ component, problem, observed, expected, fix }) => ({ component, problem, observed, expected, fix }));
  await record('validate', report.verdict === 'failed', { startedAt: report.at, findings: wrong }, parts);
}

async function record(
  kind: RecordingKind,
  failed: boolean,
  told: Pick<Attempt, 'startedAt'> & Partial<Attempt>,
  { files, now, redact, version, onError }: RecorderParts,
): Promise<void> {
  try {
    const before = await readRecording(files, kind);
    const at = now().toISOString();
    if (!failed) {
      // Most checks pass, and then nothing is written.
      if (before !== null && before.settledAt === null) await writeRecording(files, kind, withSettled(before, at));
      return;
    }
    const attempt = Attempt.parse(
      redact({ ...nothing, ...told, command: kind, version, bootId: await readBootId(files), endedAt: at }),
    );
    await writeRecording(files, kind, withFailed(before, attempt));
  } catch (error) {
    onError?.(error);
  }
}

const nothing = { times: 1, stages: [], retries: [], waits: [], error: null, checks: [], findings: [] };
