import { AgentError } from '../../bootstrap/errors.ts';

/** At a safe point: throws E_INTERRUPTED, or the AgentError that the signal was aborted with (E_TERMINATED). */
export function throwIfStopped(signal: AbortSignal): void {
  const stopped = stopOf(signal);
  if (stopped !== null) throw stopped;
}

/** Why the run was asked to stop, null if it was not. */
export function stopOf(signal: AbortSignal): AgentError | null {
  if (!signal.aborted) return null;
  if (signal.reason instanceof AgentError) return signal.reason;
  return new AgentError('E_INTERRUPTED', 'stopped at a safe point', { cause: signal.reason });
}
