import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEvents } from '../../../../agent/enrolment/event-queue.ts';
import { openState, type State } from '../../../../agent/enrolment/state.ts';
import { createTimeKeeper, type TimeKeeper } from '../../../../agent/enrolment/time-keeper.ts';
import { AgentError } from '../../../../bootstrap/errors.ts';
import { nodeDisk } from '../../../../bootstrap/host/disk.ts';
import { createFiles } from '../../../../bootstrap/host/files.ts';
import type { Host } from '../../../../bootstrap/host/host.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';

const never = new AbortController().signal;
const issuedAt = new Date('2026-01-01T00:00:00Z');
const wrong = new AgentError('E_CLOCK_WRONG', 'the certificate is not valid yet');

let root: string;
let state: State;
let clock: VirtualClock & { sync: boolean | null };
let timeService: boolean;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'conjurer-time-'));
  state = openState(createFiles(nodeDisk, root));
  clock = withSync(createVirtualClock(Date.parse('2026-06-01T00:00:00Z')));
  timeService = false;
});
afterEach(() => rm(root, { recursive: true }));

function keeper(options: { imageBuiltAt?: string; timeSyncSeconds?: number } = {}): TimeKeeper {
  const unit = { exists: true, enabled: true, active: timeService, detail: '' };
  const host = { root: '/', clock, units: { state: async () => unit } } as unknown as Host;
  return createTimeKeeper({
    host,
    state,
    events: createEvents(state, clock),
    timeSyncSeconds: options.timeSyncSeconds ?? 90,
    imageBuiltAt: () => options.imageBuiltAt ?? null,
  });
}

const toldOf = async () => (await state.events.read())?.queue.map(({ code }) => code) ?? [];

describe('the clock at the start of a run', () => {
  it('is stepped up to when the image was built, and the Controller is told', async () => {
    await keeper({ imageBuiltAt: '2026-09-01T00:00:00Z' }).settle(issuedAt, never);
    expect(clock.now().toISOString()).toBe('2026-09-01T00:00:00.000Z');
    expect(await toldOf()).toEqual(['clock_stepped']);
  });

  it('is stepped up to when the credentials were issued', async () => {
    clock.setWall(new Date('1970-01-01T00:10:00Z'));
    await keeper().settle(issuedAt, never);
    expect(clock.now()).toEqual(issuedAt);
  });

  it('is left alone where it is later than both', async () => {
    await keeper({ imageBuiltAt: '2026-03-01T00:00:00Z' }).settle(issuedAt, never);
    expect(clock.now().toISOString()).toBe('2026-06-01T00:00:00.000Z');
    expect(await toldOf()).toEqual([]);
  });

  it('waits for a time service that is at work, and no longer than was asked', async () => {
    timeService = true;
    clock.sync = false;
    const settled = keeper({ timeSyncSeconds: 90 }).settle(issuedAt, never);
    await untilDone(settled);
    expect(clock.monotonicMs()).toBe(90_000);
  });

  it('goes on at once when the time service is done, and remembers the time', async () => {
    timeService = true;
    clock.sync = false;
    const settled = keeper().settle(issuedAt, never);
    setImmediate(() => {
      clock.sync = true;
    });
    await untilDone(settled);
    expect(clock.monotonicMs()).toBeLessThan(5_000);
    expect(await state.clock.read()).not.toBeNull();
  });

  it('waits for nobody where no time service is at work', async () => {
    clock.sync = false;
    await keeper().settle(issuedAt, never);
    expect(clock.monotonicMs()).toBe(0);
  });

  it('does not remember a time that nobody has proved', async () => {
    clock.sync = null;
    await keeper().settle(issuedAt, never);
    expect(await state.clock.read()).toBeNull();
  });
});

describe('a clock that certificates contradict', () => {
  it.each([
    ['forward', '2026-11-22T10:00:00Z'],
    ['back', '2026-05-01T00:00:00Z'],
  ])('is set %s to the signed time', async (_direction, now) => {
    const time = keeper();
    await time.settle(issuedAt, never);
    await time.repair(wrong, async () => new Date(now));
    expect(clock.now()).toEqual(new Date(now));
    expect(await time.proved()).toBe(true);
    expect(await state.clock.read()).toEqual({ at: now });
    expect(await toldOf()).toEqual(['clock_stepped']);
  });

  it('is never set to before the image was built', async () => {
    const time = keeper({ imageBuiltAt: '2026-03-01T00:00:00Z' });
    await time.settle(issuedAt, never);
    await time.repair(wrong, async () => new Date('2020-01-01T00:00:00Z'));
    expect(clock.now().toISOString()).toBe('2026-03-01T00:00:00.000Z');
  });

  it('is not touched where it is synchronized: then it is the certificate that is wrong', async () => {
    clock.sync = true;
    const asked = keeper().repair(wrong, () => Promise.reject(new Error('must not be asked')));
    await expect(asked).rejects.toBe(wrong);
  });

  it('stays as it is where the signed time cannot be had', async () => {
    const unreachable = new AgentError('E_CONTROLLER_UNREACHABLE', 'no');
    await expect(keeper().repair(wrong, () => Promise.reject(unreachable))).rejects.toBe(unreachable);
    expect(await toldOf()).toEqual([]);
  });
});

function withSync(virtual: VirtualClock): VirtualClock & { sync: boolean | null } {
  const clock = Object.assign(virtual, { sync: null as boolean | null });
  clock.synchronized = async () => clock.sync;
  return clock;
}

/** Moves the clock from sleeper to sleeper until the work is done; files are read and written in between. */
async function untilDone(work: Promise<void>): Promise<void> {
  let done = false;
  const end = work.finally(() => {
    done = true;
  });
  while (!done) await clock.run();
  await end;
}
