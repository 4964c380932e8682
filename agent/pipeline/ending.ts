import { AgentError } from '../../bootstrap/errors.ts';

/** How a stage or a run ended that did not come to its end: only `failed` says that something is wrong. */
export type Ending = 'waiting' | 'interrupted' | 'failed';

/** `waiting`: it was asked not to wait for a person. `interrupted`: a signal stopped it. Both are gone on with. */
export function endingOf(error: unknown): Ending {
  if (!(error instanceof AgentError)) return 'failed';
  if (error.code === 'E_WAITING') return 'waiting';
  return error.code === 'E_INTERRUPTED' || error.code === 'E_TERMINATED' ? 'interrupted' : 'failed';
}
