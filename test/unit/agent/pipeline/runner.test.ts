import { expect, test } from 'vitest';
import { runPipeline } from '../../../../agent/pipeline/runner.ts';
import { AgentError } from '../../../../bootstrap/errors.ts';
import { fileOf, pipelineOf, registered, stage } from './made-up-stages.ts';

test('walks the list: plan, apply, verify, and hands over only what a stage named', async () => {
  const log: string[] = [];
  const { host, options, said } = await pipelineOf([
    stage('register', registered, { log, plan: [fileOf('a', 'x'), fileOf('b', null)] }),
    stage('configure', { generation: 7 }, { log, plan: () => [fileOf('c', 'y')] }),
    stage(
      'handoff',
      { state: 'ready' },
      {
        log,
        needs: ['register'],
        plan: ({ outputs }) => [fileOf('d', outputs.register.nodeId)],
      },
    ),
  ]);
  expect(await runPipeline(options)).toEqual({
    register: registered,
    configure: { generation: 7 },
    handoff: { state: 'ready' },
  });
  expect(log).toEqual([
    'plan register',
    'verify register',
    'plan configure',
    'verify configure',
    'plan handoff register',
    'verify handoff register',
  ]);
  expect(await host.files.readText('/etc/d')).toBe('n');
  expect(said.map(event => ('stage' in event ? `${event.type} ${event.stage}` : event.type))).toEqual([
    'stage-started register',
    'stage-planned register',
    'change-applied register',
    'stage-verified register',
    'stage-started configure',
    'stage-planned configure',
    'change-applied configure',
    'stage-verified configure',
    'stage-started handoff',
    'stage-planned handoff',
    'change-applied handoff',
    'stage-verified handoff',
  ]);
});

test('a second run applies nothing, and asks the host all the same', async () => {
  const log: string[] = [];
  const stages = [stage('register', registered, { log, plan: [fileOf('a', 'x')] })];
  const { options, said } = await pipelineOf(stages);
  await runPipeline(options);
  await options.host.files.write('/etc/a', 'changed behind our back', 0o644);
  await runPipeline(options);
  expect(await options.host.files.readText('/etc/a')).toBe('x');
  said.length = 0;
  await runPipeline(options);
  expect(said).toEqual([
    { type: 'stage-started', stage: 'register', mode: 'run' },
    { type: 'stage-planned', stage: 'register', changes: 1 },
    { type: 'stage-verified', stage: 'register', mode: 'run', applied: 0 },
  ]);
  expect(log).toHaveLength(6);
});

test('what was applied is counted, not what was planned: of two changes one was there', async () => {
  const stages = [stage('register', registered, { plan: [fileOf('a', 'x'), fileOf('b', 'y')] })];
  const { options, said } = await pipelineOf(stages);
  await options.host.files.write('/etc/a', 'x', 0o644);
  await runPipeline(options);
  expect(said).toContainEqual({ type: 'stage-planned', stage: 'register', changes: 2 });
  expect(said).toContainEqual({ type: 'stage-verified', stage: 'register', mode: 'run', applied: 1 });
});

test('--only and --from verify the earlier stages that are needed and apply nothing of them', async () => {
  const log: string[] = [];
  const stages = [
    stage('register', registered, { log, plan: [fileOf('a', 'x')] }),
    stage('activate', { nodeId: 'n' }, { log, needs: ['register'], plan: [fileOf('b', 'x')] }),
    stage('configure', { generation: 1 }, { log, plan: [fileOf('c', 'x')] }),
    stage('handoff', { state: 'ready' }, { log, needs: ['activate'], plan: [fileOf('d', 'x')] }),
  ];
  const only = await pipelineOf(stages);
  await runPipeline({ ...only.options, only: 'handoff' });
  expect(log).toEqual([
    'verify register',
    'verify activate register',
    'plan handoff activate',
    'verify handoff activate',
  ]);
  expect(await only.host.files.list('/etc')).toEqual(['d']);
  const from = await pipelineOf(stages);
  await runPipeline({ ...from.options, from: 'activate', until: 'configure' });
  expect(await from.host.files.list('/etc')).toEqual(['b', 'c']);
});

test.each([
  [{ only: 'register', until: 'configure' } as const, '--only goes with neither'],
  [{ from: 'configure', until: 'register' } as const, 'comes after'],
  [{ only: 'handoff' } as const, 'there is no stage handoff'],
])('a selection that makes no sense is wrong usage: %j', async (selection, message) => {
  const { options } = await pipelineOf([stage('register', registered), stage('configure', { generation: 1 })]);
  await expect(runPipeline({ ...options, ...selection })).rejects.toMatchObject({
    code: 'E_USAGE',
    message: expect.stringContaining(message),
  });
});

test('a change that does not take is E_CHANGE_DID_NOT_TAKE, and its undo is owed', async () => {
  const { options } = await pipelineOf([stage('register', registered, { plan: [fileOf('a', 'x')] })]);
  const kinds = { ...options.kinds, file: { ...options.kinds.file, apply: async () => undefined } };
  await expect(runPipeline({ ...options, kinds })).rejects.toMatchObject({ code: 'E_CHANGE_DID_NOT_TAKE' });
  expect(options.journal.owed()).toMatchObject([{ change: { id: 'a' }, applied: false }]);
});

test.each([
  ['keep', 'x', false],
  ['revert', null, true],
] as const)('a stage that does not verify: %s', async (onFailure, left, reverted) => {
  const failure = new AgentError('E_STAGE_NOT_PROVED', 'no route');
  const verify = () => Promise.reject(failure);
  const { host, options, said } = await pipelineOf([
    stage('register', registered, { plan: [fileOf('before', 'x')] }),
    stage('configure', { generation: 1 }, { onFailure, verify, plan: [fileOf('a', 'x'), fileOf('b', 'x')] }),
    stage('handoff', { state: 'ready' }),
  ]);
  await expect(runPipeline(options)).rejects.toBe(failure);
  expect(await host.files.readText('/etc/a')).toBe(left);
  expect(await host.files.readText('/etc/before')).toBe('x');
  expect(said.at(-1)).toEqual({ type: 'stage-failed', stage: 'configure', error: failure, reverted });
  const undone = said.flatMap(event => (event.type === 'change-undone' ? [event.changeId] : []));
  expect(undone).toEqual(reverted ? ['b', 'a'] : []);
});

test('a stage that cannot be put back says so, and what it owes is still owed', async () => {
  const { host, options } = await pipelineOf([
    stage(
      'configure',
      { generation: 1 },
      {
        onFailure: 'revert',
        plan: [fileOf('a', 'x')],
        verify: async () => {
          isStuck = true;
          throw new AgentError('E_STAGE_NOT_PROVED', 'no route');
        },
      },
    ),
  ]);
  let isStuck = false;
  const file = {
    ...options.kinds.file,
    apply: (...args: Parameters<typeof options.kinds.file.apply>) =>
      isStuck ? Promise.reject(new AgentError('E_HOST_FILE', 'read-only')) : options.kinds.file.apply(...args),
  };
  await expect(runPipeline({ ...options, kinds: { ...options.kinds, file } })).rejects.toMatchObject({
    code: 'E_STAGE_NOT_REVERTED',
    seen: 'E_HOST_FILE: read-only',
    next: 'conjurer revert --stage configure',
    cause: { code: 'E_STAGE_NOT_PROVED' },
  });
  expect(await host.files.readText('/etc/a')).toBe('x');
  expect(options.journal.owed()).toHaveLength(1);
});

test.each([
  [undefined, 'E_INTERRUPTED'],
  [new AgentError('E_TERMINATED', 'by SIGTERM'), 'E_TERMINATED'],
])('stops between two changes when it is told to, and goes on from there: %s', async (reason, code) => {
  const stages = [
    stage('register', registered, { plan: [fileOf('a', 'x'), fileOf('b', 'x')] }),
    stage('configure', { generation: 1 }),
  ];
  const first = await pipelineOf(stages);
  first.options.events.subscribe(event => {
    if (event.type === 'change-applied') first.controller.abort(reason);
  });
  await expect(runPipeline(first.options)).rejects.toMatchObject({ code });
  expect(await first.host.files.list('/etc')).toEqual(['a']);
  const second = await pipelineOf(stages, first.machine);
  await runPipeline(second.options);
  expect(await second.host.files.list('/etc')).toEqual(['a', 'b']);
});

test('what a change throws because it was told to stop is an interruption', async () => {
  const { options, controller } = await pipelineOf([stage('register', registered, { plan: [fileOf('a', 'x')] })]);
  const apply = async (_change: unknown, _host: unknown, signal: AbortSignal) => {
    controller.abort();
    signal.throwIfAborted();
  };
  const kinds = { ...options.kinds, file: { ...options.kinds.file, apply } };
  await expect(runPipeline({ ...options, kinds })).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
});

test('a stage that can cut us off is put back when it is interrupted', async () => {
  const { host, options, controller } = await pipelineOf([
    stage('configure', { generation: 1 }, { onFailure: 'revert', plan: [fileOf('a', 'x'), fileOf('b', 'x')] }),
  ]);
  options.events.subscribe(event => event.type === 'change-applied' && controller.abort());
  await expect(runPipeline(options)).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  expect(await host.files.list('/etc')).toEqual([]);
  expect(options.journal.owed()).toEqual([]);
});
