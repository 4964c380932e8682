import { errorTable } from '../../../bootstrap/error-table.ts';
import { AgentError } from '../../../bootstrap/errors.ts';
import { endingOf } from '../../pipeline/ending.ts';
import type { PipelineEvent } from '../../pipeline/events.ts';
import type { Attempt, RecordedError } from './recording.ts';

/** The attempt after this event; the very same object where it says nothing that is recorded. */
export function foldAttempt(attempt: Attempt, event: PipelineEvent, at: string): Attempt {
  switch (event.type) {
    case 'stage-started':
      return { ...attempt, stages: [...attempt.stages, { name: event.stage, state: 'running', from: at, to: null }] };
    case 'stage-verified':
      return { ...attempt, stages: stageEnded(attempt, event.stage, 'done', at) };
    case 'stage-failed': {
      const isFailure = endingOf(event.error) === 'failed';
      return {
        ...attempt,
        stages: stageEnded(attempt, event.stage, isFailure ? 'failed' : 'interrupted', at),
        ...(isFailure ? { error: recordedError(event.error) } : {}),
      };
    }
    case 'retrying':
      return { ...attempt, retries: withRetry(attempt.retries, event, at) };
    case 'waiting':
      return { ...attempt, waits: withWait(attempt.waits, event) };
    case 'run-ended':
      return { ...attempt, endedAt: at, ...errorOf(event.outcome) };
    default:
      return attempt;
  }
}

/** An interruption is a failure only where something was in the way before it. */
export function hasFailed({ error, retries, waits }: Attempt): boolean {
  return error !== null || retries.length > 0 || waits.some(({ code }) => code !== null);
}

/** An error that is none of ours is a bug, and its text may hold anything: it goes to the log only. */
export function recordedError(error: unknown): RecordedError {
  const named = error instanceof AgentError ? error : new AgentError('E_BUG', errorTable.E_BUG.title);
  const { code, message, seen, wanted, check, next, data } = named;
  return { code, message, seen: seen ?? null, wanted: wanted ?? null, check: check ?? null, next, data };
}

function errorOf(outcome: Extract<PipelineEvent, { type: 'run-ended' }>['outcome']): Partial<Attempt> {
  if (outcome.state === 'done' || endingOf(outcome.error) !== 'failed') return {};
  return { error: recordedError(outcome.error) };
}

function stageEnded(attempt: Attempt, name: string, state: 'done' | 'failed' | 'interrupted', to: string) {
  return attempt.stages.map(stage => (stage.name === name && stage.to === null ? { ...stage, state, to } : stage));
}

function withRetry(
  retries: Attempt['retries'],
  { call, code }: Extract<PipelineEvent, { type: 'retrying' }>,
  at: string,
): Attempt['retries'] {
  const known = retries.find(retry => retry.call === call && retry.code === code);
  if (known === undefined) return [...retries, { call, code, times: 1, firstAt: at, lastAt: at }];
  return retries.map(retry => (retry === known ? { ...known, times: known.times + 1, lastAt: at } : retry));
}

function withWait(waits: Attempt['waits'], event: Extract<PipelineEvent, { type: 'waiting' }>): Attempt['waits'] {
  const wait = { what: event.for, who: event.who, code: event.code ?? null, since: event.since.toISOString() };
  const isKnown = waits.some(({ what, since }) => what === wait.what && since === wait.since);
  return isKnown ? waits : [...waits, wait];
}
