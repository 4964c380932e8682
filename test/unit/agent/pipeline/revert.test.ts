import { expect, test } from 'vitest';
import { revertPipeline } from '../../../../agent/pipeline/revert.ts';
import { runPipeline } from '../../../../agent/pipeline/runner.ts';
import { fileOf, pipelineOf, registered, stage } from './made-up-stages.ts';

const register = stage('register', registered, { plan: [fileOf('a', 'x'), fileOf('b', 'x')] });
const configure = stage('configure', { generation: 1 }, { plan: [fileOf('c', 'x')] });
const activate = stage('activate', { nodeId: 'n' }, { pointOfNoReturn: true, plan: [fileOf('active', 'x')] });

test('undoes newest first, and nothing is owed then', async () => {
  const { host, options, said } = await pipelineOf([register, configure]);
  await host.files.write('/etc/b', 'before', 0o644);
  await runPipeline(options);
  expect(await revertPipeline(options, null)).toEqual({ undone: ['c', 'b', 'a'], kept: [] });
  expect(await host.files.list('/etc')).toEqual(['b']);
  expect(await host.files.readText('/etc/b')).toBe('before');
  expect(options.journal.owed()).toEqual([]);
  expect(said.at(-1)).toEqual({ type: 'change-undone', stage: 'register', changeId: 'a' });
  expect(await revertPipeline(options, null)).toEqual({ undone: [], kept: [] });
});

test('of one stage only', async () => {
  const { host, options } = await pipelineOf([register, configure]);
  await runPipeline(options);
  expect(await revertPipeline(options, 'register')).toMatchObject({ undone: ['b', 'a'] });
  expect(await host.files.list('/etc')).toEqual(['c']);
});

test('goes back to before conjurer, not to the last configuration', async () => {
  const { host, options } = await pipelineOf([configure]);
  await host.files.write('/etc/c', 'before', 0o644);
  await runPipeline(options);
  const stages = [stage('configure', { generation: 2 }, { plan: [fileOf('c', 'y')] })];
  await runPipeline({ ...options, stages });
  await revertPipeline({ ...options, stages }, null);
  expect(await host.files.readText('/etc/c')).toBe('before');
});

test('stops at the point of no return once it was passed', async () => {
  const stages = [register, activate, configure];
  const { host, options } = await pipelineOf(stages);
  await runPipeline({ ...options, until: 'register' });
  expect(await revertPipeline(options, null)).toEqual({ undone: ['b', 'a'], kept: [] });
  await runPipeline(options);
  const why = 'activate is the point of no return: conjurer reset';
  expect(await revertPipeline(options, null)).toEqual({
    undone: ['c'],
    kept: [
      { id: 'active', why },
      { id: 'b', why },
      { id: 'a', why },
    ],
  });
  expect(await host.files.list('/etc')).toEqual(['a', 'active', 'b']);
  expect(await revertPipeline(options, 'register')).toMatchObject({ undone: [] });
});

test('says what cannot be undone', async () => {
  const gone = { kind: 'secret-file', id: 'input', path: '/etc/passphrase', mode: 0o400, source: null } as const;
  const { host, options } = await pipelineOf([stage('register', registered, { plan: [gone] })]);
  await host.files.write('/etc/passphrase', 'secret', 0o400);
  await runPipeline(options);
  expect(await revertPipeline(options, null)).toEqual({
    undone: [],
    kept: [{ id: 'input', why: 'this change cannot be undone' }],
  });
});

test('stops between two changes when it is told to, and goes on from there', async () => {
  const { host, options, controller } = await pipelineOf([register]);
  await runPipeline(options);
  options.events.subscribe(event => event.type === 'change-undone' && controller.abort());
  await expect(revertPipeline(options, null)).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  expect(await host.files.list('/etc')).toEqual(['a']);
  const signal = new AbortController().signal;
  expect(await revertPipeline({ ...options, signal }, null)).toEqual({ undone: ['a'], kept: [] });
});
