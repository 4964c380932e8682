import { expect, test } from 'vitest';
import { defaultPatience } from '../../../../agent/controller/patience.ts';
import { createRetryBudget } from '../../../../agent/controller/retry-budget.ts';
import { createMemoryFiles } from '../../../support/memory-files.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';

const PATH = '/var/lib/conjurer/retry-budget.json';

function machine() {
  const files = createMemoryFiles();
  const clock = createVirtualClock();
  return { files, clock, start: (now: VirtualClock = clock) => createRetryBudget(files, PATH, now, defaultPatience) };
}

async function take(budget: { take(): Promise<number> }, times: number): Promise<number[]> {
  const waits: number[] = [];
  for (let i = 0; i < times; i++) waits.push((await budget.take()) / 1000);
  return waits;
}

/** As after a restart: the monotonic clock begins anew, wall time is what it is set to. */
function later(clock: VirtualClock, byMs: number): VirtualClock {
  return createVirtualClock(clock.now().getTime() + byMs);
}

test('twenty at once, then one each 30 s', async () => {
  const { start } = machine();
  expect(await take(await start(), 22)).toEqual([...Array(20).fill(0), 30, 60]);
});

test('it refills while the program runs, whatever happens to wall time', async () => {
  const { start, clock } = machine();
  const budget = await start();
  await take(budget, 20);
  clock.setWall(new Date(Date.UTC(1990, 0)));
  void clock.sleep(60_000);
  await clock.run();
  clock.setWall(new Date(Date.UTC(2090, 0)));
  expect(await take(budget, 3)).toEqual([0, 0, 30]);
});

test('a restart does not fill it', async () => {
  const { start, clock } = machine();
  await take(await start(), 20);
  expect(await take(await start(later(clock, 1000)), 1)).toEqual([29]);
});

test('the time between two runs counts', async () => {
  const { start, clock } = machine();
  await take(await start(), 20);
  expect(await take(await start(later(clock, 90_000)), 4)).toEqual([0, 0, 0, 30]);
});

test('a clock stepped back between two runs credits nothing and takes nothing', async () => {
  const { start, clock } = machine();
  await take(await start(), 15);
  expect(await take(await start(later(clock, -20 * 365 * 86_400_000)), 6)).toEqual([0, 0, 0, 0, 0, 30]);
});

test('a clock stepped far forward gives one bucket, not more', async () => {
  const { start, clock } = machine();
  await take(await start(), 20);
  expect(await take(await start(later(clock, 20 * 365 * 86_400_000)), 21)).toEqual([...Array(20).fill(0), 30]);
});

test('debt is bounded by one bucket', async () => {
  const { start } = machine();
  expect((await take(await start(), 100)).at(-1)).toBe(600);
});

test.each(['', '{', '{"tokens":"x","atMs":1}', '{"tokens":1e999,"atMs":0}'])(
  'a file of %j counts as full',
  async text => {
    const { files, start } = machine();
    files.content.set(PATH, text);
    expect(await take(await start(), 21)).toEqual([...Array(20).fill(0), 30]);
  },
);

test('a file that claims more or less than is possible is bounded', async () => {
  const { files, clock, start } = machine();
  const atMs = clock.now().getTime();
  files.content.set(PATH, JSON.stringify({ tokens: 1e9, atMs }));
  expect((await take(await start(), 21)).at(-1)).toBe(30);
  files.content.set(PATH, JSON.stringify({ tokens: -1e9, atMs }));
  expect(await take(await start(), 1)).toEqual([600]);
});
