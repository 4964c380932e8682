import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEventBus } from '../../../../agent/pipeline/events.ts';
import {
  acquireRunLock,
  isRunAlive,
  type LockParts,
  lockHolder,
  lockPath,
} from '../../../../agent/pipeline/run-lock.ts';
import { AgentError } from '../../../../bootstrap/errors.ts';
import type { Disk } from '../../../../bootstrap/host/disk.ts';
import { createFiles } from '../../../../bootstrap/host/files.ts';
import { type PowerCutDisk, powerCutDisk } from '../../../support/power-cut-disk.ts';
import { turns } from '../../../support/turns.ts';

test('a second run is told who holds the lock, and since when', async () => {
  const machine = pretended();
  const lock = await acquireRunLock(machine.process(41), 'conjurer run');
  const events = createEventBus();
  lock.follow(events);
  events.emit({ type: 'stage-started', stage: 'register', mode: 'run' });
  machine.passSeconds(90);
  const seen = 'conjurer run, pid 41, in stage register, since 90 s';
  await expect.poll(() => lockHolder(machine.process(42))).toMatchObject({ pid: 41, stage: 'register' });
  await expect(acquireRunLock(machine.process(42), 'conjurer run')).rejects.toMatchObject({
    code: 'E_LOCKED',
    seen,
    data: { pid: 41, stage: 'register', ageSeconds: 90 },
  });
  expect(machine.disk.listing()[lockPath]).toMatch(/^0600 /);
  await lock.release();
  expect(await lockHolder(machine.process(42))).toBeNull();
  expect(Object.keys(machine.disk.listing())).toEqual([]);
});

test.each<[string, (machine: Pretended) => void]>([
  ['is gone', machine => machine.kill(41)],
  ['is gone and its pid belongs to another', machine => machine.reuse(41)],
  ['ran before the machine was booted', machine => machine.boot()],
])('a holder that %s blocks nobody', async (_name, end) => {
  const machine = pretended();
  await acquireRunLock(machine.process(41), 'conjurer run');
  end(machine);
  expect(await isRunAlive(machine.process(42))).toBe(false);
  const lock = await acquireRunLock(machine.process(42), 'conjurer recover');
  expect(await lockHolder(machine.process(43))).toMatchObject({ pid: 42, command: 'conjurer recover' });
  expect(Object.keys(machine.disk.listing())).toEqual([lockPath]);
  await lock.release();
});

test('a lock that nobody can read blocks nobody', async () => {
  const machine = pretended();
  machine.disk.seed({ [lockPath]: { content: '{"pid":', mode: 0o600 } });
  await acquireRunLock(machine.process(42), 'conjurer run');
  expect(await lockHolder(machine.process(43))).toMatchObject({ pid: 42 });
});

test('where only root may read the lock, a run counts as alive', async () => {
  const machine = pretended();
  const parts = machine.process(42);
  const denied = new AgentError('E_HOST_FILE', 'cannot read', { data: { errno: 'EACCES' } });
  expect(await isRunAlive({ ...parts, files: { ...parts.files, readText: () => Promise.reject(denied) } })).toBe(true);
});

/**
 * Every primitive operation of several processes, which are interleaved in any order and killed at any moment, on a
 * lock whose holder is dead. At no moment may two that live both hold it, and in the end it can be had.
 */
test('of many that find a dead holder at once, one gets the lock', async () => {
  const contenders = [2, 3, 4];
  const burst = fc.record({ who: fc.constantFrom(...contenders), operations: fc.integer({ min: 1, max: 30 }) });
  let acquired = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(burst, { minLength: 10, maxLength: 30 }),
      fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 3, maxLength: 3 }),
      async (bursts, lifetimes) => {
        const machine = pretended();
        await acquireRunLock(machine.process(1), 'conjurer run');
        machine.kill(1);
        const order = turns();
        const holding = new Set<number>();
        const contend = async (pid: number) => {
          const parts = machine.process(pid, disk =>
            eachAfter(disk, async () => {
              await order.next(pid);
              machine.live(pid, lifetimes[pid - 2] ?? 0);
            }),
          );
          for (let turn = 0; turn < 2; turn += 1) {
            try {
              const lock = await acquireRunLock(parts, 'conjurer run');
              expect([...holding].filter(other => machine.isAlive(other))).toEqual([]);
              holding.add(pid);
              acquired += 1;
              await order.next(pid);
              holding.delete(pid);
              await lock.release();
            } catch (error) {
              if (error instanceof Killed) return;
              expect(error).toMatchObject({ code: 'E_LOCKED' });
            }
          }
        };
        await order.give(bursts, Promise.all(contenders.map(contend)));
        for (const pid of contenders) machine.kill(pid);
        await acquireRunLock(machine.process(9), 'conjurer run');
        expect(Object.keys(machine.disk.listing())).toEqual([lockPath]);
      },
    ),
    { numRuns: 500 },
  );
  expect(acquired).toBeGreaterThan(500);
});

class Killed extends Error {}

type Pretended = ReturnType<typeof pretended>;

/** A machine with processes that live and die when the test says so. */
function pretended() {
  const disk: PowerCutDisk = powerCutDisk();
  const started = new Map<number, number>();
  const lived = new Map<number, number>();
  let bootId = 'boot-1';
  let ticks = 0;
  let now = Date.parse('2026-01-01T00:00:00Z');
  const start = (pid: number) => {
    ticks += 1;
    started.set(pid, ticks);
  };
  return {
    disk,
    process(pid: number, through: (disk: Disk) => Disk = same => same): LockParts {
      if (!started.has(pid)) start(pid);
      return {
        files: createFiles(through(disk.process().disk), '/'),
        processes: { pid, startTicks: async other => started.get(other) ?? null, bootId: async () => bootId },
        now: () => new Date(now),
      };
    },
    /** Counts one operation of a process, and kills it when its life is over. */
    live(pid: number, lifetime: number) {
      const age = (lived.get(pid) ?? 0) + 1;
      lived.set(pid, age);
      if (age > lifetime) started.delete(pid);
      if (!started.has(pid)) throw new Killed();
    },
    isAlive: (pid: number) => started.has(pid),
    kill: (pid: number) => started.delete(pid),
    reuse: start,
    boot() {
      bootId = 'boot-2';
    },
    passSeconds(seconds: number) {
      now += seconds * 1_000;
    },
  };
}

/** The disk, with something that is awaited before each operation that looks at or changes a name. */
function eachAfter(disk: Disk, before: () => Promise<void>): Disk {
  const after = <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) => {
    return async (...args: Args): Promise<Result> => {
      await before();
      return work(...args);
    };
  };
  return {
    open: after(disk.open),
    read: after(disk.read),
    lstat: disk.lstat,
    readlink: disk.readlink,
    readdir: after(disk.readdir),
    mkdir: after(disk.mkdir),
    rename: after(disk.rename),
    unlink: after(disk.unlink),
    link: after(disk.link),
    symlink: after(disk.symlink),
  };
}
