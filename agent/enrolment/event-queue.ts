import { randomUUID } from 'node:crypto';
import type { Clock } from '../../bootstrap/host/host.ts';
import type { AgentEvent, EventBatch } from '../controller/protocol.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { EventQueue, State } from './state.ts';
import { rfc3339 } from './time-text.ts';

const BATCH_EVENTS = 100;
const KEPT_EVENTS = 1000;

/** Events for the Controller, kept on disk until it has acknowledged them, in order, at least once. */
export interface Events {
  add(event: Pick<AgentEvent, 'code' | 'level' | 'message' | 'generation' | 'data'>): Promise<void>;
  /**
   * The next batch as the body of call 6; an empty one is the heartbeat. No two bodies are alike: by their bytes the
   * Controller tells a request that is sent again from that of a copy of this disk, whose next heartbeat has the same
   * number. (It ignores the field, as any that it does not know.)
   */
  nextBody(): Promise<string>;
  /**
   * Takes out what the body held, and counts on from the batch that the Controller has seen last. Where that is a later
   * one than this, as after a restored disk, nothing was stored, and the events go again under a number above it.
   * Safe to call again with the same body.
   */
  acknowledge(body: string, ackSeq: number): Promise<void>;
}

export function createEvents(state: State, clock: Clock): Events {
  /** One at a time, since each reads the file, changes it and writes it. */
  const alone = oneAtATime();
  const read = async (): Promise<EventQueue> => (await state.events.read()) ?? { seq: 1, dropped: 0, queue: [] };
  return {
    add: event =>
      alone(async () => {
        const { seq, dropped, queue } = await read();
        const all = [...queue, { id: randomUUID(), at: rfc3339(clock.now()), ...event }];
        const tooMany = Math.max(0, all.length - KEPT_EVENTS);
        await state.events.write({ seq, dropped: dropped + tooMany, queue: all.slice(tooMany) });
      }),
    nextBody: () =>
      alone(async () => {
        const { seq, queue } = await read();
        const batch: EventBatch = { seq, events: queue.slice(0, BATCH_EVENTS) };
        return JSON.stringify({ ...batch, nonce: randomUUID() });
      }),
    acknowledge: (body, ackSeq) =>
      alone(async () => {
        const sent = JSON.parse(body) as EventBatch;
        const stored = await read();
        if (stored.seq !== sent.seq) return;
        const ids = new Set(ackSeq > sent.seq ? [] : sent.events.map(event => event.id));
        const queue = stored.queue.filter(event => !ids.has(event.id));
        await state.events.write({ ...stored, seq: Math.max(sent.seq, ackSeq) + 1, queue });
      }),
  };
}
