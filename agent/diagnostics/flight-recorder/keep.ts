import { cutAttempt, cutRecording } from './limits.ts';
import type { Attempt, Recording } from './recording.ts';

/** The recording while this attempt is under way. One that was under way before it never ended: it was cut off. */
export function withOpen(recording: Recording | null, open: Attempt): Recording {
  const before = recording ?? nothing;
  const isAnother = before.open !== null && before.open.startedAt !== open.startedAt;
  const settled = isAnother && before.open !== null ? withFailed(before, before.open) : before;
  return cutRecording({ ...settled, open: cutAttempt(open) });
}

/** The recording after an attempt that failed. The same failure again counts up the newest, and keeps when it began. */
export function withFailed(recording: Recording | null, attempt: Attempt): Recording {
  const { open: _, ...before } = recording ?? nothing;
  const failed = cutAttempt(attempt);
  if (before.first === null || before.settledAt !== null) {
    return { ...before, first: failed, recent: [], dropped: 0, open: null, settledAt: null };
  }
  const newest = before.recent.at(-1);
  const isSame = newest !== undefined && signature(newest) === signature(failed);
  const recent = isSame
    ? [...before.recent.slice(0, -1), { ...failed, startedAt: newest.startedAt, times: newest.times + failed.times }]
    : [...before.recent, failed];
  return cutRecording({ ...before, recent, open: null });
}

/** The recording once the machine is in order; null where there is nothing to keep. */
export function withSettled(recording: Recording | null, at: string): Recording | null {
  if (recording === null || recording.first === null) return null;
  return { ...recording, open: null, settledAt: recording.settledAt ?? at };
}

/** What tells two failures apart, without what differs each time. */
function signature({ command, stages, error, retries, checks, findings, endedAt }: Attempt): string {
  return JSON.stringify([
    command,
    stages.at(-1)?.name,
    error && [error.code, error.check, error.message],
    retries.map(({ call, code }) => [call, code]),
    checks.map(({ id, status }) => [id, status]),
    findings.map(({ component, problem }) => [component, problem]),
    endedAt === null,
  ]);
}

const nothing: Recording = {
  schema: 'conjurer.flight-recorder/v1',
  first: null,
  recent: [],
  dropped: 0,
  open: null,
  settledAt: null,
};
