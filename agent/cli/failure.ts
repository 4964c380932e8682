import { AgentError } from '../../bootstrap/errors.ts';

/** What a command ends with. An error of another kind, after a signal, is that signal's doing; else it is our bug. */
export function failureOf(thrown: unknown, stopped: AbortSignal): AgentError {
  if (thrown instanceof AgentError) return thrown;
  if (stopped.aborted && stopped.reason instanceof AgentError) return stopped.reason;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AgentError('E_BUG', `a bug in conjurer: ${message}`, { cause: thrown });
}
