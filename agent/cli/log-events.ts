import { AgentError } from '../../bootstrap/errors.ts';
import type { Log } from '../log.ts';
import { endingOf } from '../pipeline/ending.ts';
import type { EventBus, PipelineEvent } from '../pipeline/events.ts';

/** Every event of a run is a line of the log. Gives the function that ends it. */
export function logEvents(events: EventBus, log: Log): () => void {
  return events.subscribe(event => {
    log[levelOf(event)](fieldsOf(event), event.type);
  });
}

/** The error of a run is logged where it is printed; here its code is enough. */
function fieldsOf(event: PipelineEvent): object {
  const { type, ...fields } = event;
  if (event.type === 'run-ended' && event.outcome.state === 'failed') return { state: 'failed' };
  if (event.type !== 'stage-failed') return fields;
  return { ...fields, error: event.error instanceof AgentError ? event.error.code : 'E_BUG' };
}

function levelOf(event: PipelineEvent): 'debug' | 'info' | 'warn' | 'error' {
  const { type } = event;
  if (type === 'progress') return 'debug';
  if (type === 'stage-failed') return endingOf(event.error) === 'failed' ? 'error' : 'info';
  return type === 'retrying' || type === 'waiting' || type === 'remark' ? 'warn' : 'info';
}
