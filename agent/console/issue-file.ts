import type { Files } from '../../bootstrap/host/host.ts';
import type { EventBus } from '../pipeline/events.ts';
import type { Status } from '../pipeline/status.ts';
import { issueText } from './issue-text.ts';

export const issuePath = '/run/issue.d/conjurer.issue';

/**
 * Keeps the file that the login prompt shows as the events come; it is gone once nothing is left to say. Subscribe it
 * after what keeps `current`. One write at a time; a failure to write never fails the run. Gives the function that ends
 * the subscription and waits until what is known is written.
 */
export function keepIssueFile(
  files: Pick<Files, 'write' | 'remove'>,
  events: EventBus,
  current: () => Status,
): () => Promise<void> {
  let written: string | null | undefined;
  let writer: Promise<void> | null = null;

  async function write(): Promise<void> {
    for (let text = issueText(current()); text !== written; text = issueText(current())) {
      written = text;
      await (text === null ? files.remove(issuePath) : files.write(issuePath, text, 0o644)).catch(() => undefined);
    }
    writer = null;
  }

  const unsubscribe = events.subscribe(() => {
    if (issueText(current()) !== written) writer ??= write();
  });
  return async () => {
    unsubscribe();
    await writer;
  };
}
