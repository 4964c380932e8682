import { expect, test } from 'vitest';
import { createEventBus, type PipelineEvent } from '../../../../agent/pipeline/events.ts';
import { neverRun, readStatus, statusPath, statusSchema } from '../../../../agent/pipeline/status.ts';
import { keepStatusFile } from '../../../../agent/pipeline/status-file.ts';
import { AgentError } from '../../../../bootstrap/errors.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

const at = '2026-01-01T00:00:00.000Z';
const around = { now: () => new Date(at), pid: 41 };
const since = new Date('2025-12-31T23:00:00Z');

const started: PipelineEvent[] = [
  { type: 'run-started', command: 'run' },
  { type: 'stage-started', stage: 'register', mode: 'run' },
  { type: 'stage-planned', stage: 'register', changes: 2 },
  { type: 'change-applied', stage: 'register', changeId: 'key' },
];
const waiting: PipelineEvent = {
  type: 'waiting',
  for: 'approval',
  who: 'controller-admin',
  claimCode: 'AB12-CD34',
  keyFingerprint: 'SHA256:x',
  since,
};
const denied = new AgentError('E_CREDENTIALS_EXPIRED', 'too old', {
  seen: 'May',
  wanted: 'now',
  check: 'expiry',
  next: 'do it',
});
const interrupted = new AgentError('E_INTERRUPTED', 'stopped at a safe point by Ctrl-C');
const held = new AgentError('E_WAITING', 'x');

test('the file says where a run stands, is 0644, and fits its schema', async () => {
  const { files, after } = await kept();
  const status = await after([...started, waiting]);
  expect(status).toMatchObject({
    state: 'waiting',
    pid: 41,
    startedAt: at,
    claimCode: 'AB12-CD34',
    keyFingerprint: 'SHA256:x',
    waiting: { who: 'controller-admin', what: 'approval', since: since.toISOString(), next: null },
    stages: [
      { name: 'register', state: 'running', since: at, detail: 'key' },
      { name: 'handoff', state: 'pending', since: null },
    ],
  });
  expect((await files.stat(statusPath))?.mode).toBe(0o644);
});

test.each<[string, PipelineEvent[], object]>([
  [
    'after the wait',
    [...started, waiting, { type: 'wait-ended' }],
    { state: 'running', waiting: null, claimCode: 'AB12-CD34' },
  ],
  [
    'after a stage',
    [...started, { type: 'stage-verified', stage: 'register', mode: 'run', applied: 1 }],
    { state: 'running', stages: [{ state: 'done', detail: null }, { state: 'pending' }] },
  ],
  [
    'after a failure',
    [
      ...started,
      waiting,
      { type: 'stage-failed', stage: 'register', error: denied, reverted: true },
      { type: 'run-ended', outcome: { state: 'failed', error: denied } },
    ],
    {
      state: 'failed',
      exitStatus: 78,
      waiting: null,
      stages: [{ state: 'failed', detail: 'put back as it was' }, {}],
      lastError: {
        code: 'E_CREDENTIALS_EXPIRED',
        message: 'too old',
        seen: 'May',
        wanted: 'now',
        check: 'expiry',
        next: 'do it',
        at,
      },
    },
  ],
  [
    'after Ctrl-C',
    [
      ...started,
      waiting,
      { type: 'stage-failed', stage: 'register', error: interrupted, reverted: false },
      { type: 'run-ended', outcome: { state: 'failed', error: interrupted } },
    ],
    {
      state: 'interrupted',
      exitStatus: 130,
      waiting: null,
      lastError: null,
      stages: [{ state: 'interrupted', since: at, detail: null }, { state: 'pending' }],
    },
  ],
  [
    'after Ctrl-C in a stage that is put back',
    [...started, { type: 'stage-failed', stage: 'register', error: interrupted, reverted: true }],
    { stages: [{ state: 'interrupted', detail: 'put back as it was' }, {}], lastError: null },
  ],
  [
    'after --no-wait',
    [
      ...started,
      waiting,
      { type: 'stage-failed', stage: 'register', error: held, reverted: false },
      { type: 'run-ended', outcome: { state: 'failed', error: held } },
    ],
    {
      state: 'waiting',
      exitStatus: 20,
      waiting: { what: 'approval' },
      lastError: null,
      stages: [{ state: 'pending', since: null, detail: 'waits for a person' }, {}],
    },
  ],
  [
    'after a bug, whose text may hold anything',
    [...started, { type: 'run-ended', outcome: { state: 'failed', error: new Error('passphrase=secret') } }],
    { state: 'failed', exitStatus: 1, lastError: { code: 'E_BUG', message: 'a bug in conjurer' } },
  ],
  [
    'when handed off',
    [...started, { type: 'run-ended', outcome: { state: 'done', handedOff: true } }],
    { state: 'handed-off', exitStatus: 0, lastError: null },
  ],
  [
    'with an identity',
    [...started, { type: 'identity-known', identity: { nodeId: 'n', edgeName: 'e' } }],
    { nodeId: 'n', edgeName: 'e', registrationId: null },
  ],
  [
    'while it retries',
    [...started, { type: 'retrying', call: 'meta', code: 'E_CONTROLLER_UNREACHABLE', delayMs: 4_200 }],
    { stages: [{ detail: 'meta: E_CONTROLLER_UNREACHABLE, again in 5 s' }, {}] },
  ],
])('%s', async (_name, events, expected) => {
  const { after } = await kept();
  expect(await after(events)).toMatchObject(expected);
});

test('a run that was killed is shown as interrupted, one that lives or has ended as it is', async () => {
  const { files, after } = await kept();
  await after([...started, waiting]);
  expect(await readStatus(files, true)).toMatchObject({ state: 'waiting' });
  expect(await readStatus(files, false)).toMatchObject({
    state: 'interrupted',
    waiting: null,
    stages: [{ state: 'interrupted' }, {}],
  });
  await after([...started, { type: 'run-ended', outcome: { state: 'done', handedOff: true } }]);
  expect(await readStatus(files, false)).toMatchObject({ state: 'handed-off' });
});

test('nothing, or what nobody can read, is null', async () => {
  const { files } = localHost({ root: await temporaryTree() });
  expect(await readStatus(files, false)).toBeNull();
  await files.write(statusPath, '{"schema":"conjurer.status/v1"', 0o644);
  expect(await readStatus(files, false)).toBeNull();
});

test('a status that cannot be written does not disturb the run', async () => {
  const { files } = localHost({ root: await temporaryTree() });
  const full = new AgentError('E_HOST_FILE', 'full');
  const errors: unknown[] = [];
  const bus = createEventBus();
  const status = keepStatusFile({ ...files, write: () => Promise.reject(full) }, bus, neverRun('1', []), {
    ...around,
    onError: error => errors.push(error),
  });
  for (const event of started) bus.emit(event);
  await status.close();
  expect(new Set(errors)).toEqual(new Set([full]));
});

test('a sink that throws disturbs neither the one who tells nor the other sinks', () => {
  const errors: unknown[] = [];
  const heard: string[] = [];
  const bus = createEventBus(error => errors.push(error));
  const broken = new Error('broken');
  bus.subscribe(() => {
    throw broken;
  });
  const unsubscribe = bus.subscribe(event => heard.push(event.type));
  bus.emit({ type: 'wait-ended' });
  unsubscribe();
  bus.emit({ type: 'wait-ended' });
  expect([heard, errors]).toEqual([['wait-ended'], [broken, broken]]);
});

async function kept() {
  const { files } = localHost({ root: await temporaryTree() });
  return {
    files,
    async after(events: readonly PipelineEvent[]) {
      const bus = createEventBus();
      const status = keepStatusFile(files, bus, neverRun('1.2.3', ['register', 'handoff']), around);
      for (const event of events) bus.emit(event);
      await status.close();
      const written = statusSchema.parse(JSON.parse((await files.readText(statusPath)) ?? ''));
      expect(written).toEqual(status.current());
      return written;
    },
  };
}
