import type { Log } from '../log.ts';
import { errorFields } from '../log.ts';
import type { EventBus, PipelineEvent } from '../pipeline/events.ts';

/** Every event of a run is a line of the log. Gives the function that ends it. */
export function logEvents(events: EventBus, log: Log): () => void {
  return events.subscribe(event => {
    const { type, ...fields } = event;
    log[levelOf(event)]('error' in fields ? { ...fields, error: errorFields(fields.error) } : fields, type);
  });
}

function levelOf({ type }: PipelineEvent): 'debug' | 'info' | 'warn' | 'error' {
  if (type === 'progress') return 'debug';
  if (type === 'stage-failed') return 'error';
  return type === 'retrying' || type === 'waiting' ? 'warn' : 'info';
}
