import { describe, expect, it } from 'vitest';
import { AgentError } from '../../../../bootstrap/errors.ts';
import { systemClock } from '../../../../bootstrap/host/clock.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { type Check, type CheckContext, pass } from '../../../../bootstrap/preflight/check.ts';
import { runChecks } from '../../../../bootstrap/preflight/run-checks.ts';

const host = localHost({ root: '/' });
/** Checks of this file read nothing but the clock. */
const context = { host } as Omit<CheckContext, 'signal'>;
const never = new AbortController().signal;
const check = (id: Check['id'], run: Check['run'], limitMs?: number): Check => ({
  id,
  run,
  ...(limitMs === undefined ? {} : { limitMs }),
});

describe('checks', () => {
  it('run all at once: two that wait for each other both end', async () => {
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const checks = [
      check('memory', async () => {
        first.resolve();
        await second.promise;
        return pass('a');
      }),
      check('swap', async () => {
        await first.promise;
        second.resolve();
        return pass('b');
      }),
    ];
    const results = await runChecks(checks, context, never);
    expect(results.map(({ id, status, observed }) => [id, status, observed])).toEqual([
      ['memory', 'pass', 'a'],
      ['swap', 'pass', 'b'],
    ]);
  });

  it('that hang cost only themselves, are told to stop, and could not tell', async () => {
    let stopped = false;
    const hanging = check(
      'fsync',
      ({ signal }) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            stopped = true;
          });
        }),
      30,
    );
    const results = await runChecks([hanging, check('swap', async () => pass('no swap'))], context, never);
    expect(results).toMatchObject([
      { id: 'fsync', status: 'error', observed: 'could not tell: no answer within 0.03 s', fix: null },
      { id: 'swap', status: 'pass' },
    ]);
    expect(stopped).toBe(true);
  });

  it('that throw could not tell, and say why', async () => {
    const refused = new AgentError('E_HOST_FILE', 'cannot read /x: permission denied', { seen: 'EACCES' });
    const results = await runChecks(
      [
        check('etcd-data', () => Promise.reject(refused)),
        check('memory', () => Promise.reject(new TypeError('secret stuff'))),
        check('swap', () => {
          throw new RangeError('at once');
        }),
      ],
      context,
      never,
    );
    expect(results.map(({ status, observed }) => [status, observed])).toEqual([
      ['error', 'could not tell: cannot read /x: permission denied: EACCES'],
      ['error', 'could not tell: this check has a bug (TypeError)'],
      ['error', 'could not tell: this check has a bug (RangeError)'],
    ]);
  });

  it('bear what the table knows; one that does not block warns at most, and only what must be mended says how', async () => {
    const failing = async () => ({ status: 'fail', observed: 'x', required: 'y', fix: 'mend it' }) as const;
    const [memory, swap] = await runChecks([check('memory', failing), check('swap', failing)], context, never);
    expect(memory).toMatchObject({
      status: 'fail',
      phase: 'host',
      title: 'there is enough memory',
      required: 'y',
      fix: 'mend it',
    });
    expect(swap).toMatchObject({ status: 'warn', fix: 'mend it' });
    const [passing] = await runChecks(
      [check('memory', async () => ({ ...pass('8 GiB'), fix: 'nothing' }))],
      context,
      never,
    );
    expect(passing).toMatchObject({
      status: 'pass',
      fix: null,
      required: '1700 MiB, or what the image asks for; 100 MiB less will do',
    });
  });

  it('end with the reason of the signal when the person stops them, also while one hangs', async () => {
    const stop = new AbortController();
    const hanging = check('fsync', () => new Promise(() => undefined));
    const running = runChecks([hanging], context, stop.signal);
    stop.abort(new AgentError('E_INTERRUPTED', 'stopped'));
    await expect(running).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    await expect(runChecks([hanging], context, stop.signal)).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  });

  it('leave no timer behind that would hold up the end of the program', async () => {
    const slept: AbortSignal[] = [];
    const clock = systemClock({ root: '/', run: host.run, exists: async () => false });
    const sleep = (ms: number, signal?: AbortSignal) => {
      if (signal !== undefined) slept.push(signal);
      return clock.sleep(ms, signal);
    };
    await runChecks(
      [check('swap', async () => pass('no swap'))],
      { ...context, host: { ...host, clock: { ...clock, sleep } } },
      never,
    );
    expect(slept.map(({ aborted }) => aborted)).toEqual([true]);
  });
});
