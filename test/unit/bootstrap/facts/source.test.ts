import { expect, it } from 'vitest';
import { viewOf } from '../../../../bootstrap/facts/gather.ts';
import { readSource, type Source } from '../../../../bootstrap/facts/source.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { fixturePath } from '../../../support/facts-fixtures/fixture-host.ts';

const host = localHost({ root: fixturePath('container', 'root') });
const view = () => viewOf(host, new AbortController().signal);

function source(read: Source<string>['read']): Source<string> {
  return { name: 'probe', fields: ['a', 'b'], unknown: 'unknown', read };
}

it('tells a source that went past its limit to stop', async () => {
  let told = false;
  const hanging = source(
    ({ signal }) =>
      new Promise(() => {
        signal.onabort = () => {
          told = true;
        };
      }),
  );
  const reading = await readSource(hanging, await view(), 5);
  expect(reading).toEqual({
    value: 'unknown',
    missing: [
      { field: 'a', why: 'no answer within 5 ms' },
      { field: 'b', why: 'no answer within 5 ms' },
    ],
  });
  expect(told).toBe(true);
});

it('keeps what a source says is missing beside its value', async () => {
  const partial = source(async (_, report) => {
    report('b', 'it does not say');
    return 'value';
  });
  expect(await readSource(partial, await view())).toEqual({
    value: 'value',
    missing: [{ field: 'b', why: 'it does not say' }],
  });
});

it('does not repeat the text of an unexpected error, which could hold what was read', async () => {
  const broken = source(async () => {
    throw new TypeError('cannot parse "secret"');
  });
  const { value, missing } = await readSource(broken, await view());
  expect(value).toBe('unknown');
  expect(missing.map(one => one.why)).toEqual(Array(2).fill('could not be understood (TypeError)'));
});

it('a tree with a /proc is a system of its own, one without lies where it is mounted', async () => {
  expect(await view()).toMatchObject({ rootPath: '/', live: false });
  const disk = fixturePath('container', 'root/etc');
  const mounted = await viewOf(localHost({ root: disk }), new AbortController().signal);
  expect(mounted).toMatchObject({ rootPath: disk, live: true });
});

it('waits for a source as long as a slow machine may need, 20 s', async () => {
  const { host: quick, ...rest } = await view();
  const sleep = (ms: number) => (ms > 20_000 ? new Promise<void>(() => undefined) : Promise.resolve());
  const slow = { ...rest, host: { ...quick, clock: { ...quick.clock, sleep } } };
  const late = source(() => new Promise(resolve => setImmediate(() => resolve('value'))));
  expect(await readSource(late, slow)).toEqual({ value: 'value', missing: [] });
});
