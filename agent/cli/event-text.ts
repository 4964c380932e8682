import { AgentError } from '../../bootstrap/errors.ts';
import type { PipelineEvent } from '../pipeline/events.ts';
import { fixers } from './error-page.ts';

/** One line for a person, null for what is of no interest while it happens. */
export function eventLine(event: PipelineEvent): string | null {
  switch (event.type) {
    case 'stage-started':
      return event.mode === 'run' ? `${event.stage}: started` : null;
    case 'stage-planned':
      return event.changes === 0
        ? null
        : `${event.stage}: ${event.changes} ${event.changes === 1 ? 'change' : 'changes'}`;
    case 'change-applied':
      return `${event.stage}: did ${event.changeId}`;
    case 'change-undone':
      return `${event.stage}: undid ${event.changeId}`;
    case 'stage-verified':
      return event.mode === 'run' ? `${event.stage}: done` : null;
    case 'stage-failed':
      return `${event.stage}: stopped, ${reason(event.error)}${event.reverted ? '; what it did was undone' : ''}`;
    case 'waiting':
      return waitLines(event).join('; ');
    case 'retrying':
      return `${event.call}: ${event.code}, again in ${seconds(event.delayMs)}`;
    case 'remark':
      return event.text;
    case 'progress':
    case 'wait-ended':
    case 'identity-known':
    case 'run-started':
    case 'run-ended':
      return null;
  }
}

export const stoppingText = 'stopping at the next safe point; a second Ctrl-C ends at once';

/** What is waited for, who must act, and what a person compares before approving. */
export function waitLines(event: Extract<PipelineEvent, { type: 'waiting' }>): string[] {
  return [
    `waiting for ${event.for}`,
    event.who === 'time' ? 'it passes by itself' : `${fixers[event.who]} must act`,
    ...(event.claimCode === undefined ? [] : [`claim code ${event.claimCode}`]),
    ...(event.keyFingerprint === undefined ? [] : [`fingerprint ${event.keyFingerprint}`]),
    ...(event.next === undefined ? [] : [`next: ${event.next}`]),
  ];
}

function reason(error: unknown): string {
  return error instanceof AgentError ? `${error.code}: ${error.message}` : 'E_BUG';
}

function seconds(ms: number): string {
  return ms < 120_000 ? `${Math.max(1, Math.round(ms / 1000))} s` : `${Math.round(ms / 60_000)} min`;
}
