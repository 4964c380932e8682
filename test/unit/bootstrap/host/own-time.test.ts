import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { afterOwnTime } from '../../../../bootstrap/host/own-time.ts';

it('does not count what the process was kept from running', async () => {
  const over = Promise.withResolvers<void>();
  let isOver = false;
  afterOwnTime(600, () => {
    isOver = true;
    over.resolve();
  });
  // Nothing runs here for longer than the limit.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  await setImmediate();
  await setImmediate();
  expect(isOver).toBe(false);
  await over.promise;
});

it('does nothing once it was called off', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  afterOwnTime(10, () => resolve('acted'))();
  afterOwnTime(300, () => resolve('not'));
  expect(await promise).toBe('not');
});
