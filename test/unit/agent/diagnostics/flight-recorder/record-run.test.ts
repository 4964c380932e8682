import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { recordRun } from '../../../../../agent/diagnostics/flight-recorder/record-run.ts';
import type { Recording } from '../../../../../agent/diagnostics/flight-recorder/recording.ts';
import type { RecorderParts } from '../../../../../agent/diagnostics/flight-recorder/recording-file.ts';
import { readRecording, readRecordings } from '../../../../../agent/diagnostics/flight-recorder/recording-file.ts';
import { createEventBus, type PipelineEvent } from '../../../../../agent/pipeline/events.ts';
import { createRedactor } from '../../../../../agent/redaction.ts';
import { AgentError } from '../../../../../bootstrap/errors.ts';
import { localHost } from '../../../../../bootstrap/host/local-host.ts';
import { temporaryTree } from '../../../../support/temporary-tree.ts';

const file = 'var/lib/conjurer/flight-recorder/run.json';
const unreachable = new AgentError('E_CONTROLLER_UNREACHABLE', 'nobody answers', { seen: 'ECONNREFUSED' });
const denied = new AgentError('E_REGISTRATION_DENIED', 'the registration was denied: unknown site', {
  data: { registrationId: 'r-1' },
});

function failing(error: unknown, stage: 'register' | 'connectivity' = 'register'): PipelineEvent[] {
  return [
    { type: 'run-started', command: 'run' },
    { type: 'stage-started', stage: 'facts', mode: 'run' },
    { type: 'stage-verified', stage: 'facts', mode: 'run', applied: 0 },
    { type: 'stage-started', stage, mode: 'run' },
    { type: 'stage-failed', stage, error, reverted: false },
    { type: 'run-ended', outcome: { state: 'failed', error } },
  ];
}

/** A run of its own, as a process would be: it reads what the one before left. */
async function run(
  root: string,
  events: readonly PipelineEvent[],
  changed: Partial<RecorderParts> = {},
): Promise<void> {
  const bus = createEventBus();
  const { files, clock } = localHost({ root });
  const redact = createRedactor().redactValue;
  const recorder = recordRun(bus, { files, now: () => clock.now(), version: '1.2.3', redact, ...changed });
  for (const event of events) bus.emit(event);
  await recorder.close();
}

async function recorded(root: string): Promise<Recording> {
  const recording = await readRecording(localHost({ root }).files, 'run');
  if (recording === null) throw new Error('nothing was recorded');
  return recording;
}

describe('a run that fails', () => {
  test('is kept with its stages, its error, and the boot it ran on', async () => {
    const root = await temporaryTree();
    await mkdir(path.join(root, 'proc/sys/kernel/random'), { recursive: true });
    await writeFile(path.join(root, 'proc/sys/kernel/random/boot_id'), '11111111-2222-4333-8444-555555555555\n');
    await run(root, failing(denied));
    const { first, recent, open } = await recorded(root);
    expect({ recent, open }).toEqual({ recent: [], open: null });
    expect(first).toMatchObject({
      command: 'run',
      version: '1.2.3',
      bootId: '11111111-2222-4333-8444-555555555555',
      times: 1,
      stages: [
        { name: 'facts', state: 'done' },
        { name: 'register', state: 'failed' },
      ],
      error: { code: 'E_REGISTRATION_DENIED', message: denied.message, data: { registrationId: 'r-1' } },
    });
    expect((await readdir(path.join(root, 'var/lib/conjurer/flight-recorder'))).sort()).toEqual(['run.json']);
  });

  test('first stays first, and the same failure again is counted', async () => {
    const root = await temporaryTree();
    await run(root, failing(denied));
    const first = (await recorded(root)).first;
    for (let again = 0; again < 40; again += 1) await run(root, failing(unreachable, 'connectivity'));
    const recording = await recorded(root);
    expect(recording.first).toEqual(first);
    expect(recording.recent).toHaveLength(1);
    expect(recording.recent[0]).toMatchObject({ times: 40, error: { code: 'E_CONTROLLER_UNREACHABLE' } });
  });

  test('that was retried or held before it was interrupted is kept too, with what was answered', async () => {
    const root = await temporaryTree();
    const stopped = new AgentError('E_TERMINATED', 'stopped');
    const retrying = { type: 'retrying', call: 'register', code: 'E_CONTROLLER_UNREACHABLE', delayMs: 1000 } as const;
    await run(root, [
      { type: 'run-started', command: 'run' },
      { type: 'stage-started', stage: 'register', mode: 'run' },
      retrying,
      retrying,
      { type: 'waiting', for: 'a person: held', who: 'controller-admin', code: 'E_CLONE_SUSPECTED', since: new Date() },
      { type: 'stage-failed', stage: 'register', error: stopped, reverted: false },
      { type: 'run-ended', outcome: { state: 'failed', error: stopped } },
    ]);
    expect((await recorded(root)).first).toMatchObject({
      error: null,
      stages: [{ name: 'register', state: 'interrupted' }],
      retries: [{ call: 'register', code: 'E_CONTROLLER_UNREACHABLE', times: 2 }],
      waits: [{ what: 'a person: held', code: 'E_CLONE_SUSPECTED' }],
    });
  });
});

test('a wait for the usual approval that is interrupted is no failure, and settles none', async () => {
  const root = await temporaryTree();
  const stopped = new AgentError('E_TERMINATED', 'stopped');
  const waiting: PipelineEvent[] = [
    { type: 'run-started', command: 'run' },
    { type: 'waiting', for: 'approval of the registration', who: 'controller-admin', since: new Date() },
    { type: 'run-ended', outcome: { state: 'failed', error: stopped } },
  ];
  await run(root, waiting);
  await expect(readFile(path.join(root, file))).rejects.toThrow('ENOENT');
  await run(root, failing(denied));
  await run(root, waiting);
  expect(await recorded(root)).toMatchObject({ first: { error: { code: denied.code } }, recent: [], settledAt: null });
});

test('a run that comes to the hand-off leaves nothing, and after one that failed says since when all is well', async () => {
  const root = await temporaryTree();
  const handedOff: PipelineEvent[] = [
    { type: 'run-started', command: 'run' },
    { type: 'run-ended', outcome: { state: 'done', handedOff: true } },
  ];
  await run(root, handedOff);
  await expect(readFile(path.join(root, file))).rejects.toThrow('ENOENT');
  await run(root, failing(denied));
  await run(root, handedOff);
  const settled = await recorded(root);
  expect(settled).toMatchObject({ first: { error: { code: denied.code } }, open: null });
  expect(settled.settledAt).not.toBeNull();
  await run(root, failing(unreachable));
  expect(await recorded(root)).toMatchObject({ first: { error: { code: unreachable.code } }, settledAt: null });
});

test('a run whose process is gone in the middle is found cut off by the next one', async () => {
  const root = await temporaryTree();
  await run(root, failing(denied).slice(0, 4));
  expect(await recorded(root)).toMatchObject({ first: null, open: { stages: [{}, { name: 'register', to: null }] } });
  await run(root, failing(unreachable));
  expect(await recorded(root)).toMatchObject({
    first: { endedAt: null, error: null, stages: [{ name: 'facts' }, { name: 'register', state: 'running' }] },
    recent: [{ error: { code: unreachable.code } }],
    open: null,
  });
});

test('of runs that were cut off one after the other the first is kept, and each of them', async () => {
  const root = await temporaryTree();
  await run(root, failing(denied).slice(0, 4));
  await run(root, failing(denied).slice(0, 2));
  await run(root, failing(denied).slice(0, 1));
  const { first, recent, open } = await recorded(root);
  expect(first?.stages).toHaveLength(2);
  expect(recent.map(({ stages }) => stages.length)).toEqual([1]);
  expect(open).toMatchObject({ stages: [], endedAt: null });
});

test('what is recorded went through the redactor', async () => {
  const root = await temporaryTree();
  const redactor = createRedactor();
  redactor.addSecret('correct-horse-battery');
  const error = new AgentError('E_BUG', 'no', { seen: 'it said correct-horse-battery' });
  await run(root, failing(error), { redact: redactor.redactValue });
  const text = await readFile(path.join(root, file), 'utf8');
  expect(text).toContain('<redacted:');
  expect(text).not.toContain('correct-horse-battery');
});

test('a bug keeps its text to itself', async () => {
  const root = await temporaryTree();
  await run(root, failing(new TypeError('secret inside')));
  expect(await readFile(path.join(root, file), 'utf8')).not.toContain('secret inside');
  expect((await recorded(root)).first?.error?.code).toBe('E_BUG');
});

test('a directory that cannot be written neither fails the run nor loses what was there', async () => {
  const root = await temporaryTree();
  await run(root, failing(denied));
  const before = await readFile(path.join(root, file), 'utf8');
  const problems: unknown[] = [];
  const { files } = localHost({ root });
  const full = { ...files, write: () => Promise.reject(new AgentError('E_HOST_FILE', 'the file system is full')) };
  await run(root, failing(unreachable), { files: full, onError: error => problems.push(error) });
  expect(problems.length).toBeGreaterThan(0);
  expect(await readFile(path.join(root, file), 'utf8')).toBe(before);
});

test.each(['', '{', '{"schema":"conjurer.flight-recorder/v1"}', '\0'.repeat(4096)])(
  'a file that holds %j is no recording, and is replaced by the next one',
  async damage => {
    const root = await temporaryTree();
    await run(root, failing(denied));
    await chmod(path.join(root, file), 0o600);
    await writeFile(path.join(root, file), damage);
    expect((await readRecordings(localHost({ root }).files)).run).toBeNull();
    await run(root, failing(unreachable));
    expect((await recorded(root)).first?.error?.code).toBe(unreachable.code);
  },
);
