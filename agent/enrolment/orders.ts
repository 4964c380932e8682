import type { EventsAnswer } from '../controller/protocol.ts';

/** What the Controller asked for in its last answer to call 6, until it was done. */
export interface Orders {
  note(answer: Pick<EventsAnswer, 'action' | 'configGeneration'>): void;
  readonly refetch: boolean;
  readonly renew: boolean;
  readonly decommission: boolean;
  /** The newest generation that the Controller has told of; 0: of none. */
  readonly configGeneration: number;
}

export function createOrders(): Orders {
  let last: Pick<EventsAnswer, 'action' | 'configGeneration'> = { action: 'none', configGeneration: 0 };
  return {
    note(answer) {
      last = answer;
    },
    get refetch() {
      return last.action === 'refetch';
    },
    get renew() {
      return last.action === 'renew';
    },
    get decommission() {
      return last.action === 'decommission';
    },
    get configGeneration() {
      return last.configGeneration;
    },
  };
}
