import { errorTable } from '../../bootstrap/error-table.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import { endingOf } from './ending.ts';
import type { PipelineEvent } from './events.ts';
import type { StageStatus, Status } from './status.ts';

interface Around {
  readonly now: () => Date;
  readonly pid: number;
}

/** The status after this event; the very same object where the event says nothing new. */
export function foldStatus(status: Status, event: PipelineEvent, { now, pid }: Around): Status {
  const at = now().toISOString();
  const next = changed(status, event, at, pid);
  return next === null ? status : { ...status, ...next, updatedAt: at };
}

function changed(status: Status, event: PipelineEvent, at: string, pid: number): Partial<Status> | null {
  switch (event.type) {
    case 'run-started':
      return {
        state: 'running',
        pid,
        startedAt: at,
        exitStatus: null,
        waiting: null,
        stages: status.stages.map(pending),
      };
    case 'stage-started':
      return {
        state: 'running',
        stages: withStage(status, event.stage, { state: 'running', since: at, detail: null }),
      };
    case 'change-applied':
      return { stages: withStage(status, event.stage, { detail: event.changeId }) };
    case 'change-undone':
      return { stages: withStage(status, event.stage, { detail: `undone: ${event.changeId}` }) };
    case 'stage-verified':
      return {
        state: 'running',
        waiting: null,
        stages: withStage(status, event.stage, { state: 'done', since: at, detail: null }),
      };
    case 'stage-failed':
      return stageFailed(status, event, at);
    case 'waiting':
      return {
        state: 'waiting',
        waiting: { who: event.who, what: event.for, since: event.since.toISOString(), next: event.next ?? null },
        ...(event.claimCode === undefined ? {} : { claimCode: event.claimCode }),
        ...(event.keyFingerprint === undefined ? {} : { keyFingerprint: event.keyFingerprint }),
      };
    case 'wait-ended':
      return { state: 'running', waiting: null };
    case 'identity-known':
      return { ...event.identity };
    case 'retrying':
      return {
        stages: withRunning(status, `${event.call}: ${event.code}, again in ${Math.ceil(event.delayMs / 1000)} s`),
      };
    case 'remark':
      return { stages: withRunning(status, event.text) };
    case 'stage-planned':
    case 'progress':
    case 'noted':
      return null;
    case 'run-ended':
      return ended(event.outcome, at);
  }
}

function stageFailed(
  status: Status,
  { stage, error, reverted }: Extract<PipelineEvent, { type: 'stage-failed' }>,
  at: string,
): Partial<Status> {
  const ending = endingOf(error);
  // Asked not to wait, the run ends here, and what it would wait for is still to come.
  if (ending === 'waiting') {
    return { stages: withStage(status, stage, { state: 'pending', since: null, detail: 'waits for a person' }) };
  }
  const detail = reverted ? 'put back as it was' : null;
  return {
    waiting: null,
    ...(ending === 'failed' ? { lastError: lastError(error, at) } : {}),
    stages: withStage(status, stage, { state: ending, since: at, detail }),
  };
}

function ended(outcome: Extract<PipelineEvent, { type: 'run-ended' }>['outcome'], at: string): Partial<Status> {
  if (outcome.state === 'done') {
    const state = outcome.handedOff ? 'handed-off' : 'interrupted';
    return { state, waiting: null, lastError: null, exitStatus: 0 };
  }
  const state = endingOf(outcome.error);
  const exitStatus = errorTable[named(outcome.error).code].status;
  if (state === 'waiting') return { state, exitStatus, lastError: null };
  if (state === 'interrupted') return { state, exitStatus, waiting: null };
  return { state, exitStatus, lastError: lastError(outcome.error, at) };
}

function lastError(error: unknown, at: string): NonNullable<Status['lastError']> {
  const { code, message, seen, wanted, check, next } = named(error);
  return { code, message, seen: seen ?? null, wanted: wanted ?? null, check: check ?? null, next, at };
}

/** An error that is none of ours is a bug, and its text may hold anything: it goes to the log only. */
function named(error: unknown): AgentError {
  return error instanceof AgentError ? error : new AgentError('E_BUG', errorTable.E_BUG.title);
}

function pending(stage: StageStatus): StageStatus {
  return { ...stage, state: 'pending', since: null, detail: null };
}

function withStage(status: Status, name: string, news: Partial<StageStatus>): StageStatus[] {
  return status.stages.map(stage => (stage.name === name ? { ...stage, ...news } : stage));
}

function withRunning(status: Status, detail: string): StageStatus[] {
  return status.stages.map(stage => (stage.state === 'running' ? { ...stage, detail } : stage));
}
