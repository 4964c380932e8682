import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEvents } from '../../../../agent/enrolment/event-queue.ts';
import { openState, type State } from '../../../../agent/enrolment/state.ts';
import { nodeDisk } from '../../../../bootstrap/host/disk.ts';
import { createFiles } from '../../../../bootstrap/host/files.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

let root: string;
let state: State;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'conjurer-events-'));
  state = openState(createFiles(nodeDisk, root));
});
afterEach(() => rm(root, { recursive: true }));

const open = () => createEvents(state, createVirtualClock());
const event = (code: string) => ({ code, level: 'info' as const, message: code });
const sent = (body: string) => JSON.parse(body) as { seq: number; events: { code: string }[] };

describe('events for the Controller', () => {
  it('sends an empty batch, numbered from 1, where there is nothing to tell', async () => {
    expect(sent(await open().nextBody())).toEqual({ seq: 1, events: [], nonce: expect.any(String) });
    expect(await open().nextBody()).not.toBe(await open().nextBody());
  });

  it('keeps events over a restart until they are acknowledged', async () => {
    await open().add(event('one'));
    const body = await open().nextBody();
    expect(sent(body).events.map(({ code }) => code)).toEqual(['one']);

    const restarted = open();
    await restarted.acknowledge(body, 1);
    expect(sent(await restarted.nextBody())).toMatchObject({ seq: 2, events: [] });
  });

  it('takes the same acknowledgement twice as once', async () => {
    const events = open();
    const first = await events.nextBody();
    await events.acknowledge(first, 1);
    await events.add(event('later'));
    await events.acknowledge(first, 1);
    expect(sent(await events.nextBody())).toMatchObject({ seq: 2, events: [{ code: 'later' }] });
  });

  it('keeps what came while a batch was under way', async () => {
    const events = open();
    await events.add(event('one'));
    const body = await events.nextBody();
    await events.add(event('two'));
    await events.acknowledge(body, 1);
    expect(sent(await events.nextBody()).events.map(({ code }) => code)).toEqual(['two']);
  });

  it('sends again above the number that the Controller has, where the Controller was ahead and stored nothing', async () => {
    const events = open();
    await events.add(event('one'));
    await events.acknowledge(await events.nextBody(), 41);
    expect(sent(await events.nextBody())).toMatchObject({ seq: 42, events: [{ code: 'one' }] });
  });

  it('sends at most a hundred at once, in order', async () => {
    const events = open();
    await Promise.all(Array.from({ length: 130 }, (_, index) => events.add(event(`e${index}`))));
    const body = await events.nextBody();
    expect(sent(body).events).toHaveLength(100);
    await events.acknowledge(body, 1);
    const rest = sent(await events.nextBody()).events.map(({ code }) => code);
    expect(rest).toEqual(Array.from({ length: 30 }, (_, index) => `e${index + 100}`));
  });

  it('keeps the last thousand, and counts what it dropped', async () => {
    await state.events.write({
      seq: 3,
      dropped: 0,
      queue: Array.from({ length: 1000 }, (_, index) => ({
        id: `id-${index}`,
        at: '2026-01-01T00:00:00Z',
        ...event('old'),
      })),
    });
    await open().add(event('new'));
    const stored = await state.events.read();
    expect(stored).toMatchObject({ seq: 3, dropped: 1 });
    expect(stored?.queue).toHaveLength(1000);
    expect(stored?.queue.at(-1)?.code).toBe('new');
  });
});
