import { expect, test } from 'vitest';
import { planPipeline } from '../../../../agent/pipeline/plan.ts';
import { runPipeline } from '../../../../agent/pipeline/runner.ts';
import { AgentError } from '../../../../bootstrap/errors.ts';
import { fileOf, pipelineOf, registered, stage } from './made-up-stages.ts';

test('shows the very changes that a run applies, and changes nothing', async () => {
  const { machine, host, options, said } = await pipelineOf([
    stage('register', registered, { plan: [fileOf('a', 'x'), fileOf('b', 'x'), fileOf('none', null)] }),
    stage('configure', { generation: 1 }, { plan: [fileOf('c', 'y')] }),
  ]);
  await host.files.write('/etc/a', 'x', 0o644);
  const before = machine.disk.listing();
  const plans = await planPipeline(options);
  expect(machine.disk.listing()).toEqual(before);
  await runPipeline(options);
  const planned = plans.flatMap(plan => (plan.state === 'acts' ? plan.changes.map(({ change }) => change.id) : []));
  expect(planned).toEqual(said.flatMap(event => (event.type === 'change-applied' ? [event.changeId] : [])));
  expect(planned).toEqual(['b', 'c']);
  expect(await planPipeline(options)).toEqual([
    { stage: 'register', state: 'holds' },
    { stage: 'configure', state: 'holds' },
  ]);
});

test('what depends on a stage that must act first is not known before it', async () => {
  const { options } = await pipelineOf([
    stage('register', registered, { plan: [fileOf('a', 'x')] }),
    stage('activate', { nodeId: 'n' }, { needs: ['register'] }),
    stage('configure', { generation: 1 }, { plan: [fileOf('c', 'y')] }),
    stage('handoff', { state: 'ready' }, { needs: ['activate'] }),
  ]);
  expect((await planPipeline(options)).map(plan => [plan.stage, plan.state, 'before' in plan && plan.before])).toEqual([
    ['register', 'acts', false],
    ['activate', 'not-known', 'register'],
    ['configure', 'acts', false],
    ['handoff', 'not-known', 'register'],
  ]);
  const only = await planPipeline({ ...options, only: 'activate' });
  expect(only).toEqual([{ stage: 'activate', state: 'holds' }]);
});

test('a stage that would fail is shown with its error, and the others all the same', async () => {
  const error = new AgentError('E_INPUT_MISSING', 'no passphrase');
  const broken = { plan: () => Promise.reject(error), verify: () => Promise.reject(error) };
  const { options } = await pipelineOf([
    { ...stage('register', registered), plan: broken.plan },
    stage('activate', { nodeId: 'n' }, { needs: ['register'] }),
    { ...stage('configure', { generation: 1 }), verify: broken.verify },
  ]);
  expect(await planPipeline(options)).toEqual([
    { stage: 'register', state: 'fails', error },
    { stage: 'activate', state: 'not-known', before: 'register' },
    { stage: 'configure', state: 'fails', error },
  ]);
  const needed = [
    { ...stage('register', registered), verify: broken.verify },
    stage('activate', { nodeId: 'n' }, { needs: ['register'] }),
  ];
  expect(await planPipeline({ ...options, stages: needed, only: 'activate' })).toEqual([
    { stage: 'register', state: 'fails', error },
    { stage: 'activate', state: 'not-known', before: 'register' },
  ]);
});
