import type { EventBus } from '../../pipeline/events.ts';
import { foldAttempt, hasFailed } from './fold-attempt.ts';
import { withFailed, withOpen, withSettled } from './keep.ts';
import { Attempt, type Recording } from './recording.ts';
import { type RecorderParts, readBootId, readRecording, writeRecording } from './recording-file.ts';

export interface RunRecorder {
  /** Ends the subscription, and waits until what is known is written. */
  close(): Promise<void>;
}

/**
 * Follows a run from `run-started` on, which comes under the run lock, and keeps what went wrong. The attempt is on the
 * disk while it is under way, so that one that is killed leaves its trace; what succeeds leaves none. Writes one at a
 * time, behind the run and never in its way; what cannot be written is told to `onError`.
 */
export function recordRun(events: EventBus, parts: RecorderParts): RunRecorder {
  const { files, now, redact, version, onError } = parts;
  let attempt: Attempt | null = null;
  let isInOrder = false;
  let isStale = false;
  let writer: Promise<void> | null = null;
  let before: Promise<Recording | null> | null = null;

  async function write(): Promise<void> {
    while (isStale && attempt !== null) {
      isStale = false;
      try {
        const bootId = await readBootId(files);
        before ??= readRecording(files, 'run');
        const clean = Attempt.parse(redact({ ...attempt, bootId }));
        await writeRecording(files, 'run', kept(await before, clean, isInOrder ? now() : null));
      } catch (error) {
        onError?.(error);
      }
    }
    writer = null;
  }

  const unsubscribe = events.subscribe(event => {
    const at = now().toISOString();
    if (event.type === 'run-started') attempt = begun(event.command, version, at);
    if (event.type === 'run-ended') isInOrder = event.outcome.state === 'done' && event.outcome.handedOff;
    if (attempt === null) return;
    const next = foldAttempt(attempt, event, at);
    const isWorthAWrite = event.type === 'run-started' || tellsMore(attempt, next);
    attempt = next;
    if (!isWorthAWrite) return;
    isStale = true;
    writer ??= write();
  });

  return {
    async close() {
      unsubscribe();
      await writer;
    },
  };
}

/** A retry that only counts up waits for the next write: there may be thousands. */
function tellsMore(before: Attempt, after: Attempt): boolean {
  return (
    before.stages !== after.stages ||
    before.waits !== after.waits ||
    before.error !== after.error ||
    before.endedAt !== after.endedAt ||
    before.retries.length !== after.retries.length
  );
}

/** `inOrderAt`: the attempt came to the hand-off. One that was stopped before that settles nothing. */
function kept(before: Recording | null, attempt: Attempt, inOrderAt: Date | null): Recording | null {
  if (attempt.endedAt === null) return withOpen(before, attempt);
  const closed = before?.open == null ? before : withFailed(before, before.open);
  if (inOrderAt !== null) return withSettled(closed, inOrderAt.toISOString());
  return hasFailed(attempt) ? withFailed(closed, attempt) : closed;
}

function begun(command: string, version: string, at: string): Attempt {
  return {
    command,
    version,
    bootId: null,
    startedAt: at,
    endedAt: null,
    times: 1,
    stages: [],
    retries: [],
    waits: [],
    error: null,
    checks: [],
    findings: [],
  };
}
