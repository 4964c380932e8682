import { errorTable, type Fixer } from '../../../bootstrap/error-table.ts';
import type { Status } from '../../pipeline/status.ts';
import type { Attempt } from '../flight-recorder/recording.ts';
import type { ReportInput } from './input.ts';
import type { Verdict } from './model.ts';

/** Where the machine stands by what conjurer says of itself. */
export interface Standing {
  readonly state: Verdict['state'];
  /** Goes on from the machine's name: "has stood still in register". */
  readonly what: string;
  readonly since: string | null;
  /** The reason in conjurer's own words, and the code of the error that gave it. */
  readonly reason: string | null;
  readonly code: string | null;
  /** null: nobody, all is well. */
  readonly who: Fixer | null;
  readonly next: string;
}

/** From the status of this boot, else from the last attempt that was recorded, else from the preflight. */
export function standingOf(input: ReportInput): Standing {
  const { status, preflight, bootedAt } = input;
  if (status !== null && status.state !== 'never-run') return fromStatus(status);
  const attempt = newestFailure(input);
  if (attempt !== null) return fromAttempt(attempt);
  const notBegun = { ...unexplained, what: 'has not been brought up', since: bootedAt?.toISOString() ?? null };
  if (preflight?.verdict !== 'fail') return { ...notBegun, state: 'unknown' };
  const failed = preflight.checks.find(check => check.status === 'fail' && check.waived === undefined);
  return {
    ...notBegun,
    state: 'failed',
    what: 'has not been brought up, and is not ready to be',
    reason: failed === undefined ? null : `${failed.title}: ${failed.observed ?? 'no'}`,
    next: failed?.fix ?? 'conjurer preflight',
  };
}

const unexplained = { reason: null, code: null, who: 'technician', next: 'conjurer run' } as const;

function fromStatus(status: Status): Standing {
  const { state, waiting, lastError, updatedAt, startedAt, stages } = status;
  const stage = stages.find(one => one.state === 'failed' || one.state === 'running' || one.state === 'interrupted');
  const where = stage === undefined ? '' : ` in ${stage.name}`;
  switch (state) {
    case 'handed-off': {
      const what = 'has been handed off to the Controller';
      return { ...unexplained, state: 'good', what, since: updatedAt, who: null, next: 'nothing' };
    }
    case 'waiting': {
      const what = `waits for ${waiting?.what ?? 'a person'}`;
      const who = waiting === null || waiting.who === 'time' ? 'retry' : waiting.who;
      const next = waiting?.next ?? 'conjurer status';
      return { ...unexplained, state: 'waiting', what, since: waiting?.since ?? updatedAt, who, next };
    }
    case 'running': {
      const what = `is being brought up${where}`;
      const next = 'conjurer status --watch';
      return { ...unexplained, state: 'running', what, since: stage?.since ?? startedAt, who: 'retry', next };
    }
    case 'interrupted':
      return { ...unexplained, state: 'failed', what: `was interrupted${where}`, since: updatedAt };
    default: {
      const since = lastError?.at ?? updatedAt;
      return { ...unexplained, state: 'failed', what: `has stood still${where}`, since, ...reasonOf(lastError) };
    }
  }
}

function fromAttempt({ command, startedAt, endedAt, stages, error }: Attempt): Standing {
  const stage = stages.find(({ state }) => state !== 'done');
  const where = stage === undefined ? '' : ` in ${stage.name}`;
  const how = endedAt === null ? 'was cut off' : error === null ? 'was interrupted' : 'failed';
  return {
    ...unexplained,
    state: 'failed',
    what: `has not been brought up since it was started; the last ${command} before that ${how}${where}`,
    since: endedAt ?? startedAt,
    ...reasonOf(error),
  };
}

function newestFailure({ recordings: { run } }: ReportInput): Attempt | null {
  if (run === null) return null;
  if (run.open !== null) return run.open;
  return run.settledAt === null ? (run.recent.at(-1) ?? run.first) : null;
}

function reasonOf(error: { readonly code: string; readonly message: string; readonly next: string } | null) {
  if (error === null) return {};
  const { code, message, next } = error;
  return { code, reason: message, next, who: fixerOf(code) };
}

/** A code of another release may be unknown here. */
function fixerOf(code: string): Fixer {
  const entry = Object.entries(errorTable).find(([known]) => known === code)?.[1];
  return entry?.fixer ?? 'technician';
}
