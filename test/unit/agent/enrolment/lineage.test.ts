import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Controller } from '../../../../agent/controller/controller.ts';
import { createEvents } from '../../../../agent/enrolment/event-queue.ts';
import { createLineage, type Lineage } from '../../../../agent/enrolment/lineage.ts';
import type { Link } from '../../../../agent/enrolment/link.ts';
import { openState, type State } from '../../../../agent/enrolment/state.ts';
import { AgentError } from '../../../../bootstrap/errors.ts';
import { nodeDisk } from '../../../../bootstrap/host/disk.ts';
import { createFiles } from '../../../../bootstrap/host/files.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

interface Sent {
  readonly call: string;
  readonly body: string;
  readonly joinState: string;
}

const never = new AbortController().signal;
const body = (bootId: string) => JSON.stringify({ registrationId: 'reg-1', certSha256: 'a'.repeat(64), bootId });

let root: string;
let state: State;
let sent: Sent[];
/** What the Controller's side does with the next call: an error is thrown instead of an answer. */
let failures: (Error | null)[];

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'conjurer-lineage-'));
  state = openState(createFiles(nodeDisk, root));
  await state.joinState.write({ current: 'join.0', inFlight: null });
  sent = [];
  failures = [];
});
afterEach(() => rm(root, { recursive: true }));

/** A process that starts now: it has the disk, and nothing else of the one before. */
function start(): Lineage {
  const answer = (call: string) => async (_nodeId: string, sentBody: string, joinState: string) => {
    sent.push({ call, body: sentBody, joinState });
    const failure = failures.shift();
    if (failure) throw failure;
    const next = { joinState: `join.${sent.length}`, configGeneration: 0 };
    const ackSeq = call === 'events' ? (JSON.parse(sentBody) as { seq: number }).seq : 0;
    return { ...next, state: 'activated', ackSeq, action: 'none' };
  };
  const controller = { activate: answer('activate'), events: answer('events') } as unknown as Controller;
  const link: Pick<Link, 'ask'> = { ask: (_name, operation) => operation(controller) };
  return createLineage({ state, link, events: createEvents(state, createVirtualClock()) });
}

const lost = new Error('the answer was lost');

describe('the join state', () => {
  it('is synced before anything uses it, and goes with the next call', async () => {
    const lineage = start();
    await lineage.activate('node-1', body('boot-1'), never);
    expect(await lineage.current()).toBe('join.1');
    await lineage.report('node-1', never);
    expect(sent.map(({ joinState }) => joinState)).toEqual(['join.0', 'join.1']);
    expect(await start().current()).toBe('join.2');
  });

  it('re-sends the same bytes under the same join state after a lost answer and a restart', async () => {
    failures = [lost];
    await expect(start().activate('node-1', body('boot-1'), never)).rejects.toBe(lost);
    await start().activate('node-1', body('boot-1'), never);
    expect(sent[1]).toEqual(sent[0]);
  });

  it('finishes what was under way before the boot, then tells of this one', async () => {
    failures = [lost];
    await expect(start().activate('node-1', body('boot-1'), never)).rejects.toBe(lost);
    await start().activate('node-1', body('boot-2'), never);
    expect(sent.map(call => [JSON.parse(call.body).bootId, call.joinState])).toEqual([
      ['boot-1', 'join.0'],
      ['boot-1', 'join.0'],
      ['boot-2', 'join.2'],
    ]);
    expect(await state.activation.read()).toMatchObject({ bootId: 'boot-2', factsSent: false });
  });

  it('re-sends a lost batch of events before the next one', async () => {
    failures = [lost];
    await expect(start().report('node-1', never)).rejects.toBe(lost);
    await start().report('node-1', never);
    expect(sent.map(call => [JSON.parse(call.body).seq, call.joinState])).toEqual([
      [1, 'join.0'],
      [1, 'join.0'],
      [2, 'join.2'],
    ]);
  });

  it('is advanced by one call at a time', async () => {
    const lineage = start();
    await Promise.all([
      lineage.report('node-1', never),
      lineage.activate('node-1', body('boot-1'), never),
      lineage.report('node-1', never),
    ]);
    expect(sent.map(({ call, joinState }) => `${call} ${joinState}`)).toEqual([
      'events join.0',
      'activate join.1',
      'events join.2',
    ]);
  });

  it('does not send again what the Controller refused for good', async () => {
    const refusal = { class: 'terminal', retryAfterSeconds: null, authenticated: true } as const;
    failures = [new AgentError('E_MALFORMED', 'no', { retry: refusal })];
    await expect(start().report('node-1', never)).rejects.toMatchObject({ code: 'E_MALFORMED' });
    await start().activate('node-1', body('boot-1'), never);
    expect(sent.map(({ call }) => call)).toEqual(['events', 'activate']);
  });

  it('is missing on a registered machine: says what to type', async () => {
    await state.joinState.remove();
    await expect(start().current()).rejects.toMatchObject({
      code: 'E_STATE_INVALID',
      next: 'conjurer recover --new-identity',
    });
  });
});
