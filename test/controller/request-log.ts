import { EventEmitter } from 'node:events';

/** One request of an agent or operator and how it was answered. */
export interface RequestRecord {
  readonly at: string;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly role: 'none' | 'bootstrap' | 'node' | 'operator';
  /** Cluster id of a bootstrap certificate, node id of the others. */
  readonly subject: string | null;
  /** null: no answer was sent. */
  readonly status: number | null;
  readonly code: string | null;
  readonly faults: readonly string[];
  readonly requestId: string;
}

export interface RequestLog {
  /** Oldest first; the last 100,000. */
  readonly all: readonly RequestRecord[];
  add(record: RequestRecord): void;
  clear(): void;
  /** The first record, seen already or yet to come, that fits. */
  find(fits: (record: RequestRecord) => boolean): Promise<RequestRecord>;
}

const KEPT = 100_000;

export function createRequestLog(): RequestLog {
  const all: RequestRecord[] = [];
  const added = new EventEmitter<{ record: [RequestRecord] }>().setMaxListeners(0);
  return {
    all,
    add: record => {
      all.push(record);
      if (all.length > KEPT) all.shift();
      added.emit('record', record);
    },
    clear: () => {
      all.length = 0;
    },
    find: fits => {
      const seen = all.find(fits);
      if (seen) return Promise.resolve(seen);
      return new Promise(resolve => {
        const look = (record: RequestRecord): void => {
          if (!fits(record)) return;
          added.off('record', look);
          resolve(record);
        };
        added.on('record', look);
      });
    },
  };
}
