import type { ReportInput } from '../input.ts';
import type { Lane, Mark, Timeline } from '../model.ts';
import { duration } from '../time-text.ts';
import { type AttemptShown, attemptsShown } from './attempts.ts';
import type { BootReader } from './boot.ts';
import type { LogEvent } from './log-events.ts';

const maxAttempts = 5;

/**
 * Boot, the attempts so far and the stages of the last one, as lanes of one chart; null where nothing is known. Of many
 * attempts the first and the last few are shown.
 */
export function makeTimeline(input: ReportInput, events: readonly LogEvent[], boot: BootReader): Timeline | null {
  const attempts = attemptsShown(events, input);
  const last = attempts.at(-1);
  const shown =
    attempts.length <= maxAttempts ? attempts : [...attempts.slice(0, 1), ...attempts.slice(1 - maxAttempts)];
  const lanes: Lane[] = [
    ...boot
      .spans(input.bootedAt)
      .map(({ name, spans }) => ({ group: 'boot' as const, name, spans: [...spans], marks: [] })),
    ...(shown.length < 2 ? [] : shown.slice(0, -1).map(attempt => attemptLane(attempt, attempts.indexOf(attempt) + 1))),
    ...(last?.stages ?? []).map(({ name, spans, marks }) => ({
      group: 'stage' as const,
      name,
      spans: [...spans],
      marks: together(marks),
    })),
  ];
  const times = lanes.flatMap(({ spans, marks }) => [
    ...spans.flatMap(({ from, to }) => [from, to]),
    ...marks.map(({ at }) => at),
  ]);
  const [from, to] = [times.toSorted()[0], times.toSorted().at(-1)];
  return from === undefined || to === undefined ? null : { from, to, lanes };
}

function attemptLane({ command, from, to, state, stages }: AttemptShown, number: number): Lane {
  const at = stages.findLast(({ marks }) => marks.length > 0);
  return {
    group: 'attempt',
    name: `${command} ${number}`,
    spans: [{ from, to, state, label: at === undefined ? state : `${state} in ${at.name}` }],
    marks: together(stages.flatMap(({ marks }) => marks)),
  };
}

/** Retries that lie close together are one mark that says how many. */
function together(marks: readonly Mark[]): Mark[] {
  const result: Mark[] = [];
  const ordered = marks.toSorted((a, b) => a.at.localeCompare(b.at));
  const all = Date.parse(ordered.at(-1)?.at ?? '') - Date.parse(ordered[0]?.at ?? '');
  for (const mark of ordered) {
    const before = result.at(-1);
    const isClose = before !== undefined && Date.parse(mark.at) - Date.parse(before.at) < all / 40;
    if (before !== undefined && isClose && before.kind === mark.kind && before.label === mark.label) {
      result[result.length - 1] = { ...before, times: before.times + mark.times };
    } else result.push(mark);
  }
  return result;
}

/** One line of words for a lane, in place of the picture. */
export function laneText({ spans, marks }: Lane): string {
  const told = spans.map(({ label, state, from, to }) => {
    const took = duration(Date.parse(to) - Date.parse(from));
    return state === 'boot' ? `${label} ${took}` : `${state} ${took}${state === 'waiting' ? ` (${label})` : ''}`;
  });
  const retries = marks.filter(({ kind }) => kind === 'retry');
  const times = retries.reduce((sum, mark) => sum + mark.times, 0);
  const labels = [...new Set(retries.map(({ label }) => label))];
  const failures = marks.filter(({ kind }) => kind === 'failure').map(({ label }) => label);
  return [
    ...told,
    ...(times === 0 ? [] : [`${times} ${times === 1 ? 'retry' : 'retries'} (${labels.join(', ')})`]),
    ...failures,
  ].join(', ');
}
