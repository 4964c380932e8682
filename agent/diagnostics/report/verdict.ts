import { errorTable, type Fixer } from '../../../bootstrap/error-table.ts';
import type { Status } from '../../pipeline/status.ts';
import type { Attempt } from '../flight-recorder/recording.ts';
import type { ReportInput } from './input.ts';
import type { ReportFinding, Verdict } from './model.ts';
import { age, dateAndTime } from './time-text.ts';

/** Who must act, as the subject of a sentence. */
export const actors: Readonly<Record<Fixer, string>> = {
  technician: 'the technician at this machine',
  'controller-admin': 'an admin of the Controller',
  'image-builder': 'the builder of the image',
  retry: 'nobody',
};

interface Standing {
  readonly state: Verdict['state'];
  /** A clause that goes on from the machine's name: "has stood still in register". */
  readonly what: string;
  readonly since: string | null;
  /** The reason in conjurer's own words. */
  readonly reason: string | null;
  readonly who: Fixer | null;
  readonly next: string;
}

/** What stands, since when, who must do what, and what to type: the answer before all detail. */
export function judge(input: ReportInput, findings: readonly ReportFinding[]): Verdict {
  const standing = standingOf(input);
  const [first] = findings;
  const cause = first !== undefined && first.weight === 'cause' ? first : null;
  const name = input.edgeName ?? 'This machine';
  const isHeld = standing.state === 'waiting' && cause === null;
  const who = cause?.who ?? standing.who;
  const next = cause?.next ?? standing.next;
  const reason = cause?.title ?? standing.reason;
  const since =
    standing.since === null ? '' : ` since ${dateAndTime(standing.since)} (${age(standing.since, input.madeAt)})`;
  const because = reason === null || isHeld ? '' : `: ${reason}`;
  const must = who === null ? '' : who === 'retry' ? '; nobody has to act' : `; ${actors[who]} has to act`;
  return {
    state: cause !== null && standing.state === 'unknown' ? 'failed' : standing.state,
    sentence: `${name} ${standing.what}${since}${because}${must}.`,
    since: standing.since,
    who,
    next,
    cause: cause?.id ?? null,
  };
}

function standingOf(input: ReportInput): Standing {
  const { status, preflight } = input;
  if (status !== null && status.state !== 'never-run') return fromStatus(status);
  const attempt = newestFailure(input);
  if (attempt !== null) return fromAttempt(attempt);
  if (preflight?.verdict === 'fail') {
    const failed = preflight.checks.find(check => check.status === 'fail' && check.waived === undefined);
    const reason = failed === undefined ? null : `${failed.title}: ${failed.observed ?? 'no'}`;
    const next = failed?.fix ?? 'conjurer preflight';
    return {
      state: 'failed',
      what: 'has not been brought up, and is not ready to be',
      since: null,
      reason,
      who: 'technician',
      next,
    };
  }
  const since = input.bootedAt?.toISOString() ?? null;
  return {
    state: 'unknown',
    what: 'has not been brought up',
    since,
    reason: null,
    who: 'technician',
    next: 'conjurer run',
  };
}

function fromStatus(status: Status): Standing {
  const { state, waiting, lastError, updatedAt, startedAt, stages } = status;
  const stage = stages.find(one => one.state === 'failed' || one.state === 'running' || one.state === 'interrupted');
  const where = stage === undefined ? '' : ` in ${stage.name}`;
  const goOn = { reason: null, next: 'conjurer run' };
  switch (state) {
    case 'handed-off':
      return {
        state: 'good',
        what: 'has been handed off to the Controller',
        since: updatedAt,
        reason: null,
        who: null,
        next: 'nothing',
      };
    case 'waiting': {
      const who = waiting === null || waiting.who === 'time' ? 'retry' : waiting.who;
      const next = waiting?.next ?? 'conjurer status';
      return {
        state: 'waiting',
        what: `waits for ${waiting?.what ?? 'a person'}`,
        since: waiting?.since ?? updatedAt,
        reason: null,
        who,
        next,
      };
    }
    case 'running':
      return {
        state: 'running',
        what: `is being brought up${where}`,
        since: stage?.since ?? startedAt,
        reason: null,
        who: 'retry',
        next: 'conjurer status --watch',
      };
    case 'interrupted':
      return { state: 'failed', what: `was interrupted${where}`, since: updatedAt, who: 'technician', ...goOn };
    default: {
      const who = lastError === null ? 'technician' : fixerOf(lastError.code);
      const reason = lastError === null ? null : `${lastError.message} (${lastError.code})`;
      return {
        state: 'failed',
        what: `has stood still${where}`,
        since: lastError?.at ?? updatedAt,
        reason,
        who,
        next: lastError?.next ?? 'conjurer run',
      };
    }
  }
}

function fromAttempt({ command, startedAt, endedAt, stages, error }: Attempt): Standing {
  const stage = stages.find(({ state }) => state !== 'done');
  const where = stage === undefined ? '' : ` in ${stage.name}`;
  const how = endedAt === null ? 'was cut off' : error === null ? 'was interrupted' : 'failed';
  return {
    state: 'failed',
    what: `has not been brought up since it was started; the last ${command} before that ${how}${where}`,
    since: endedAt ?? startedAt,
    reason: error === null ? null : `${error.message} (${error.code})`,
    who: error === null ? 'technician' : fixerOf(error.code),
    next: error?.next ?? 'conjurer run',
  };
}

function newestFailure({ recordings: { run } }: ReportInput): Attempt | null {
  if (run === null) return null;
  if (run.open !== null) return run.open;
  return run.settledAt === null ? (run.recent.at(-1) ?? run.first) : null;
}

/** A code of another release may be unknown here. */
function fixerOf(code: string): Fixer {
  const entry = Object.entries(errorTable).find(([known]) => known === code)?.[1];
  return entry?.fixer ?? 'technician';
}
