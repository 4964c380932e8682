import { expect, test } from 'vitest';
import { systemClock } from '../../../../bootstrap/host/clock.ts';
import type { RunResult } from '../../../../bootstrap/host/host.ts';

const tracking = (leap: string) => `0A000001,10.0.0.1,3,1767225600.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,64.0,${leap}\n`;

test.each<[string, Record<string, string>, readonly string[], boolean | null]>([
  ['timedated says yes', { 'timedatectl show': 'NTPSynchronized=yes\n' }, [], true],
  ['timedated says no', { 'timedatectl show': 'NTPSynchronized=no\n' }, [], false],
  ['systemd 237 says yes', { 'timedatectl status': '      System clock synchronized: yes\n' }, [], true],
  ['timesyncd left its mark', {}, ['/run/systemd/timesync/synchronized'], true],
  ['chrony follows a source', { 'chronyc -c': tracking('Normal') }, [], true],
  ['chrony follows none', { 'chronyc -c': tracking('Not synchronised') }, [], false],
  [
    'one yes outweighs a no',
    { 'timedatectl show': 'NTPSynchronized=no\n', 'chronyc -c': tracking('Normal') },
    [],
    true,
  ],
  ['nobody can tell', {}, [], null],
])('synchronized: %s', async (_name, programs, paths, expected) => {
  const clock = systemClock({
    root: '/',
    run: async argv => answerOf(programs[argv.slice(0, 2).join(' ')], argv),
    exists: async path => paths.includes(path),
  });
  expect(await clock.synchronized()).toBe(expected);
});

test('sets the clock by date in seconds since the epoch, and says why where it cannot', async () => {
  const calls: (readonly string[])[] = [];
  const parts = { root: '/', exists: async () => false };
  const clock = systemClock({ ...parts, run: async argv => answerOf(calls.push(argv) > 0 ? '' : undefined, argv) });
  await clock.step(new Date('2026-01-01T00:00:00.250Z'));
  expect(calls).toEqual([['date', '--utc', '--set=@1767225600.250']]);
  const refusing = systemClock({
    ...parts,
    run: async argv => ({
      ...answerOf('', argv),
      status: 1,
      stderr: 'date: cannot set date: Operation not permitted\n',
    }),
  });
  await expect(refusing.step(new Date())).rejects.toMatchObject({
    code: 'E_CLOCK_NOT_SET',
    seen: 'date: cannot set date: Operation not permitted',
  });
  const tree = systemClock({ ...parts, root: '/mnt', run: () => Promise.reject(new Error('must not run')) });
  await expect(tree.step(new Date())).rejects.toMatchObject({ code: 'E_CLOCK_NOT_SET' });
});

test('sleep ends with the reason of its signal', async () => {
  const clock = systemClock({ root: '/', run: () => Promise.reject(new Error('unused')), exists: async () => false });
  const controller = new AbortController();
  const reason = new Error('enough');
  const sleeping = clock.sleep(4_000_000_000, controller.signal);
  controller.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
  await expect(clock.sleep(1, controller.signal)).rejects.toBe(reason);
  const before = clock.monotonicMs();
  await clock.sleep(0);
  expect(clock.monotonicMs()).toBeGreaterThan(before);
});

function answerOf(stdout: string | undefined, argv: readonly string[]): RunResult {
  const missing = stdout === undefined;
  return { argv, status: missing ? null : 0, stdout: stdout ?? '', stderr: '', timedOut: false, missing };
}
