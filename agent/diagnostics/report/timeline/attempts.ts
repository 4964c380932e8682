import type { Attempt } from '../../flight-recorder/recording.ts';
import type { ReportInput } from '../input.ts';
import type { Mark, Span } from '../model.ts';
import type { LogEvent } from './log-events.ts';

/** One run as the chart shows it. */
export interface AttemptShown {
  readonly command: string;
  readonly from: string;
  readonly to: string;
  readonly state: Span['state'];
  readonly stages: readonly {
    readonly name: string;
    readonly spans: readonly Span[];
    readonly marks: readonly Mark[];
  }[];
}

/** The runs that are known, oldest first: from the log, and from the flight recorder where the log has lost them. */
export function attemptsShown(events: readonly LogEvent[], input: ReportInput): AttemptShown[] {
  const { run } = input.recordings;
  const logged = split(events).map(one => fromLog(one, input.madeAt));
  const recorded = [run?.first, ...(run?.recent ?? []), run?.open].flatMap(attempt =>
    attempt == null ? [] : [attempt],
  );
  const lost = recorded.filter(({ startedAt }) => !logged.some(({ from }) => near(from, startedAt)));
  return [...logged, ...lost.map(attempt => fromRecording(attempt, input.madeAt))].sort((a, b) =>
    a.from < b.from ? -1 : 1,
  );
}

function split(events: readonly LogEvent[]): LogEvent[][] {
  const runs: LogEvent[][] = [];
  for (const event of events) {
    if (event.msg === 'run-started') runs.push([event]);
    else runs.findLast(([start]) => start?.pid === event.pid)?.push(event);
  }
  return runs;
}

/** Those who log and who record look at the clock one after the other. */
function near(a: string, b: string): boolean {
  return Math.abs(Date.parse(a) - Date.parse(b)) < 2000;
}

function fromLog(events: readonly LogEvent[], madeAt: Date): AttemptShown {
  const [start] = events;
  const end = events.at(-1);
  const ended = end?.msg === 'run-ended';
  const until = ended ? end.time : madeAt.toISOString();
  const names = [
    ...new Set(events.flatMap(({ stage, msg }) => (msg === 'stage-started' && stage !== undefined ? [stage] : []))),
  ];
  const failure = events.findLast(({ msg }) => msg === 'stage-failed');
  const state = failure === undefined ? (end?.state === 'failed' ? 'failed' : 'done') : endedAs(failure);
  return {
    command: start?.command ?? 'run',
    from: start?.time ?? until,
    to: until,
    state: ended ? state : 'running',
    stages: names.map(name => stageFromLog(name, events, until)),
  };
}

function stageFromLog(name: string, events: readonly LogEvent[], until: string): AttemptShown['stages'][number] {
  const spans: Span[] = [];
  const marks: Mark[] = [];
  let from: string | null = null;
  let waiting: { readonly since: string; readonly label: string } | null = null;
  let current: string | null = null;
  const end = (to: string, state: Span['state'], label: string) => {
    if (waiting !== null) spans.push({ from: waiting.since, to, state: 'waiting', label: waiting.label });
    else if (from !== null) spans.push({ from, to, state, label });
    waiting = null;
  };
  for (const { msg, stage, time, call, code, for: what, error } of events) {
    if (msg === 'stage-started') current = stage ?? null;
    if (current !== name) continue;
    if (msg === 'stage-started') from = time;
    if (msg === 'retrying')
      marks.push({ at: time, kind: 'retry', label: `${call ?? 'a call'}: ${code ?? 'failed'}`, times: 1 });
    if (msg === 'waiting' && waiting === null) {
      if (from !== null) spans.push({ from, to: time, state: 'running', label: name });
      waiting = { since: time, label: `waits for ${what ?? 'a person'}` };
    }
    if (msg === 'wait-ended' && waiting !== null) {
      end(time, 'waiting', name);
      from = time;
    }
    if (msg === 'stage-verified') end(time, 'done', name);
    if (msg === 'stage-failed') {
      const state = endedAs({ error });
      end(time, state, name);
      if (state === 'failed') marks.push({ at: time, kind: 'failure', label: codeOf(error) ?? 'failed', times: 1 });
    }
    if (msg === 'stage-verified' || msg === 'stage-failed') {
      current = null;
      from = null;
    }
  }
  if (from !== null || waiting !== null) end(until, 'running', name);
  return { name, spans, marks };
}

/** A run that was stopped, or was asked not to wait for a person, has not failed. */
function endedAs({ error }: Pick<LogEvent, 'error'>): 'failed' | 'interrupted' | 'waiting' {
  const code = codeOf(error);
  if (code === 'E_WAITING') return 'waiting';
  return code === 'E_TERMINATED' || code === 'E_INTERRUPTED' ? 'interrupted' : 'failed';
}

function codeOf(error: unknown): string | null {
  return typeof error === 'string' ? error : null;
}

function fromRecording(attempt: Attempt, madeAt: Date): AttemptShown {
  const { command, startedAt, endedAt, stages, retries, error } = attempt;
  const last = stages.at(-1);
  const until = endedAt ?? last?.to ?? last?.from ?? startedAt;
  const to = until < startedAt ? madeAt.toISOString() : until;
  return {
    command,
    from: startedAt,
    to,
    state: error === null ? 'interrupted' : 'failed',
    stages: stages.map(({ name, state, from, to: ended }) => {
      const span = {
        from,
        to: ended ?? to,
        state: state === 'running' ? ('interrupted' as const) : state,
        label: name,
      };
      const isLast = name === last?.name;
      const marks: Mark[] = isLast
        ? retries.map(({ call, code, times, firstAt }) => ({
            at: firstAt,
            kind: 'retry',
            label: `${call}: ${code}`,
            times,
          }))
        : [];
      if (isLast && error !== null) marks.push({ at: span.to, kind: 'failure', label: error.code, times: 1 });
      return { name, spans: [span], marks };
    }),
  };
}
