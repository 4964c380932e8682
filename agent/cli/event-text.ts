import { AgentError } from '../../bootstrap/errors.ts';
import { endingOf } from '../pipeline/ending.ts';
import type { PipelineEvent } from '../pipeline/events.ts';
import { fixers } from './error-page.ts';
import type { Hint } from './hint.ts';
import { wrapped } from './wrapped.ts';

/** A line for a person, a few for a wait; null for what is of no interest while it happens. */
export function eventText(event: PipelineEvent, hint: Hint): string | null {
  switch (event.type) {
    case 'stage-started':
      return event.mode === 'run' ? `${event.stage}: started` : null;
    case 'change-applied':
      return `${event.stage}: did ${event.changeId}`;
    case 'change-undone':
      return `${event.stage}: undid ${event.changeId}`;
    case 'stage-verified':
      return event.mode === 'run' ? `${event.stage}: done, ${appliedText(event.applied)}` : null;
    case 'stage-failed':
      return `${event.stage}: ${endText(event.error)}${event.reverted ? '; what it did was undone' : ''}`;
    case 'noted':
      return `${event.stage}: ${event.text}`;
    case 'waiting':
      return waitLines(event, hint).join('\n');
    case 'retrying':
      return `${event.call}: ${event.code}, again in ${seconds(event.delayMs)}`;
    case 'remark':
      return event.text;
    case 'stage-planned':
    case 'progress':
    case 'wait-ended':
    case 'identity-known':
    case 'run-started':
    case 'run-ended':
      return null;
  }
}

export const stoppingText = 'stopping at the next safe point; a second Ctrl-C ends at once';

export function appliedText(applied: number): string {
  if (applied === 0) return 'nothing to do';
  return `${applied} ${applied === 1 ? 'change' : 'changes'}`;
}

const consoleWidth = 80;
const timestampWidth = 21;
const labelWidth = 14;

/** What is waited for, who must act, and what a person compares before approving: each fits a console of 80 columns. */
export function waitLines(event: Extract<PipelineEvent, { type: 'waiting' }>, hint: Hint): string[] {
  const details: readonly (readonly [string, string | undefined])[] = [
    ['must act', event.who === 'time' ? undefined : fixers[event.who]],
    ['claim code', event.claimCode],
    ['fingerprint', event.keyFingerprint],
    ['next', event.next === undefined ? undefined : hint(event.next)],
  ];
  const [first, ...more] = wrapped(`waiting for ${event.for}`, consoleWidth - timestampWidth);
  return [
    first ?? '',
    ...more.map(line => `  ${line}`),
    ...details.flatMap(([name, text]) => {
      const lines = text === undefined ? [] : wrapped(text, consoleWidth - labelWidth);
      return lines.map((line, at) => `  ${(at === 0 ? name : '').padEnd(labelWidth - 2)}${line}`);
    }),
  ];
}

/** A wait for a person under --no-wait ends the run: the page that it ends with says what there is to say. */
export function isWaitedFor(event: Extract<PipelineEvent, { type: 'waiting' }>, wait: boolean): boolean {
  return wait || event.claimCode === undefined;
}

function endText(error: unknown): string {
  const ending = endingOf(error);
  if (ending === 'waiting') return 'waits for a person';
  if (ending === 'interrupted') return 'interrupted';
  return `stopped, ${error instanceof AgentError ? `${error.code}: ${error.message}` : 'E_BUG'}`;
}

function seconds(ms: number): string {
  return ms < 120_000 ? `${Math.max(1, Math.round(ms / 1000))} s` : `${Math.round(ms / 60_000)} min`;
}
