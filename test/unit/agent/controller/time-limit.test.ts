import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { within } from '../../../../agent/controller/time-limit.ts';

const late = () => new Error('late');
const forever = () => new Promise<never>(() => {});

test('work that is done in time gives its result, or its error', async () => {
  expect(await within(10_000, undefined, late, async () => 1)).toBe(1);
  await expect(within(10_000, undefined, late, () => Promise.reject(new Error('own')))).rejects.toThrow('own');
});

test('work that takes too long is told so', async () => {
  const told = Promise.withResolvers<unknown>();
  const work = (signal: AbortSignal) => {
    signal.addEventListener('abort', () => told.resolve(signal.reason));
    return forever();
  };
  await expect(within(1, undefined, late, work)).rejects.toThrow('late');
  expect(await told.promise).toMatchObject({ message: 'late' });
});

test('an abort from outside ends it with that reason, and work is not begun after one', async () => {
  const stop = new AbortController();
  const running = within(10_000, stop.signal, late, forever);
  stop.abort(new Error('stopped'));
  await expect(running).rejects.toThrow('stopped');
  let begun = false;
  const never = within(10_000, stop.signal, late, async () => {
    begun = true;
  });
  await expect(never).rejects.toThrow('stopped');
  expect(begun).toBe(false);
});

test('neither a timer nor a listener stays behind', async () => {
  const timers = () => process.getActiveResourcesInfo().filter(kind => kind === 'Timeout').length;
  const before = timers();
  const given = Promise.withResolvers<AbortSignal>();
  await within(10_000, new AbortController().signal, late, async signal => given.resolve(signal));
  expect(timers()).toBe(before);
  expect(getEventListeners(await given.promise, 'abort')).toHaveLength(0);
});
