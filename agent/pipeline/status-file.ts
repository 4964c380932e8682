import type { Files } from '../../bootstrap/host/host.ts';
import type { EventBus } from './events.ts';
import { type Status, statusPath } from './status.ts';
import { foldStatus } from './status-fold.ts';

export interface StatusFile {
  /** The status as the last event left it. */
  current(): Status;
  /** Ends the subscription and waits until what is known is written. */
  close(): Promise<void>;
}

/**
 * Keeps /run/conjurer/status.json (0644, replaced whole) as the events come, beginning with `initial`. One write at a
 * time, and events that come meanwhile are in the next one. A failure to write goes to `onError` and never fails the run.
 */
export function keepStatusFile(
  files: Files,
  events: EventBus,
  initial: Status,
  options: { readonly now: () => Date; readonly pid: number; readonly onError?: (error: unknown) => void },
): StatusFile {
  let status = initial;
  let isStale = false;
  let writer: Promise<void> | null = null;

  async function write(): Promise<void> {
    while (isStale) {
      isStale = false;
      try {
        await files.write(statusPath, `${JSON.stringify(status, null, 2)}\n`, 0o644);
      } catch (error) {
        options.onError?.(error);
      }
    }
    writer = null;
  }

  const unsubscribe = events.subscribe(event => {
    const next = foldStatus(status, event, options);
    if (next === status) return;
    status = next;
    isStale = true;
    writer ??= write();
  });

  return {
    current: () => status,
    async close() {
      unsubscribe();
      await writer;
    },
  };
}
