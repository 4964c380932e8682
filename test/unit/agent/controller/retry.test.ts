import { expect, test } from 'vitest';
import { defaultPatience } from '../../../../agent/controller/patience.ts';
import {
  type PersistOptions,
  persist,
  type Retry,
  resetPerseverance,
  startPerseverance,
} from '../../../../agent/controller/retry.ts';
import { AgentError, type RetryAdvice } from '../../../../bootstrap/errors.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';

const unlimited = { take: async () => 0 };

function failing(kind: RetryAdvice['class'], retryAfterSeconds: number | null = null): AgentError {
  return new AgentError('E_MAINTENANCE', 'no', { retry: { class: kind, retryAfterSeconds, authenticated: true } });
}

/** Fails with these in turn, then succeeds. */
function operation(...failures: Error[]) {
  return async () => {
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    return 'done';
  };
}

async function runs(work: () => Promise<unknown>, options: Partial<PersistOptions> = {}, clock = createVirtualClock()) {
  const retries: Retry[] = [];
  const settled = persist(work, {
    patience: defaultPatience,
    clock,
    budget: unlimited,
    random: () => 0.5,
    onRetry: retry => retries.push(retry),
    ...options,
  }).then(
    value => ({ value }),
    (error: unknown) => ({ error }),
  );
  await clock.run();
  return { ...(await settled), retries, delays: retries.map(({ delayMs }) => delayMs / 1000), clock };
}

test('class retry backs off, doubling', async () => {
  const result = await runs(operation(...Array.from({ length: 8 }, () => failing('retry'))));
  expect(result).toMatchObject({ value: 'done', delays: [2.5, 5, 10, 20, 40, 80, 150, 150] });
  expect(result.clock.monotonicMs()).toBe(457_500);
  expect(result.retries.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('a Retry-After takes the place of the backoff', async () => {
  expect(await runs(operation(failing('retry', 30), failing('retry')))).toMatchObject({ delays: [45, 5] });
});

test('class wait goes on for ever, minutes apart, and reads the credentials again each time', async () => {
  const failures = Array.from({ length: 20 }, () => failing('wait'));
  let read = 0;
  const result = await runs(operation(...failures), { onSlowRetry: async () => void read++ });
  expect(result.delays).toEqual([...Array(12).fill(300), ...Array(8).fill(1800)]);
  expect(read).toBe(20);
});

test('class retry in between does not read them, nor start the hour again', async () => {
  let read = 0;
  const result = await runs(
    operation(...Array.from({ length: 12 }, () => failing('wait')), failing('retry'), failing('wait')),
    { onSlowRetry: async () => void read++ },
  );
  expect(result.delays.slice(-2)).toEqual([2.5, 1800]);
  expect(read).toBe(13);
});

test.each([
  ['terminal', failing('terminal')],
  ['without advice', new AgentError('E_HOST_FILE', 'disk full')],
  ['a bug', new TypeError('undefined')],
])('%s is thrown at once', async (_name, error) => {
  expect(await runs(operation(error))).toMatchObject({ error, retries: [] });
});

test('class retry is given up after so long, with the last error; the next try would come too late', async () => {
  const last = failing('retry');
  const result = await runs(operation(failing('retry'), failing('retry'), last), { giveUpAfterMs: 17_000 });
  expect(result).toMatchObject({ delays: [2.5, 5] });
  expect((result as { error: unknown }).error).toBe(last);
});

test('a wait for a person is never given up, and starts the time of class retry again', async () => {
  const failures = [failing('retry'), failing('wait'), failing('wait'), failing('retry'), failing('retry')];
  expect(await runs(operation(...failures), { giveUpAfterMs: 31_000 })).toMatchObject({ value: 'done' });
});

test('without a token it waits for one', async () => {
  const result = await runs(operation(failing('retry'), failing('retry', 60)), {
    budget: { take: async () => 30_000 },
  });
  expect(result.delays).toEqual([30, 90]);
});

test('an endeavour of several calls shares its backoff until its state changes', async () => {
  const perseverance = startPerseverance();
  const twice = () => runs(operation(failing('retry'), failing('retry')), { perseverance });
  expect((await twice()).delays).toEqual([2.5, 5]);
  expect((await twice()).delays).toEqual([10, 20]);
  resetPerseverance(perseverance);
  expect((await twice()).delays).toEqual([2.5, 5]);
});

async function abortedIn(work: (stop: AbortController, clock: VirtualClock) => Promise<unknown>) {
  const stop = new AbortController();
  const clock = createVirtualClock();
  return runs(() => work(stop, clock), { signal: stop.signal }, clock);
}

test('an abort ends the delay, the operation and the next try, with its reason', async () => {
  const reason = new Error('Ctrl-C');
  const inDelay = await abortedIn(async (stop, clock) => {
    void clock.sleep(1000).then(() => stop.abort(reason));
    throw failing('retry');
  });
  expect(inDelay).toMatchObject({ error: reason, delays: [2.5] });
  const inOperation = await abortedIn(async stop => {
    queueMicrotask(() => stop.abort(reason));
    await new Promise(() => {});
  });
  expect(inOperation).toMatchObject({ error: reason, delays: [] });
  const failed = await abortedIn(async stop => {
    stop.abort(reason);
    throw failing('retry');
  });
  expect(failed).toMatchObject({ error: reason, delays: [] });
});
