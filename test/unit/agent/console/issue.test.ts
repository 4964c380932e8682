import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { issuePath, keepIssueFile } from '../../../../agent/console/issue-file.ts';
import { issueText } from '../../../../agent/console/issue-text.ts';
import { createEventBus, type PipelineEvent } from '../../../../agent/pipeline/events.ts';
import { neverRun, type Status } from '../../../../agent/pipeline/status.ts';
import { foldStatus } from '../../../../agent/pipeline/status-fold.ts';
import { AgentError } from '../../../../bootstrap/errors.ts';
import { nodeDisk } from '../../../../bootstrap/host/disk.ts';
import { createFiles } from '../../../../bootstrap/host/files.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

const around = { now: () => new Date('2026-01-01T00:00:00Z'), pid: 7 };
const after = (events: readonly PipelineEvent[]): Status =>
  events.reduce((status, event) => foldStatus(status, event, around), neverRun('1.0.0', ['facts', 'register']));

const started: readonly PipelineEvent[] = [
  { type: 'run-started', command: 'run' },
  { type: 'identity-known', identity: { edgeName: 'edge-001' } },
  { type: 'stage-started', stage: 'register', mode: 'run' },
];
const waiting: PipelineEvent = {
  type: 'waiting',
  for: 'approval of the registration',
  who: 'controller-admin',
  claimCode: 'ABCD-EFGH',
  keyFingerprint: 'SHA256:abc',
  since: new Date('2026-01-01T00:00:00Z'),
};

it('says what the machine does, what it waits for, and what to compare', () => {
  expect(issueText(after(started))).toBe('conjurer 1.0.0: edge-001 (\\4 \\6)\n  register: at work\n\n');
  expect(issueText(after([...started, waiting]))).toBe(
    'conjurer 1.0.0: edge-001 (\\4 \\6)\n  register: waiting for approval of the registration\n' +
      '  claim code ABCD-EFGH\n  fingerprint SHA256:abc\n\n',
  );
});

it('says what failed and what to do, and nothing that the prompt or the screen would obey', () => {
  const error = new AgentError('E_INPUT_MISSING', 'no \\S file\u001b[2J', { next: 'put it there' });
  const failed = after([
    ...started,
    { type: 'stage-failed', stage: 'register', error, reverted: false },
    { type: 'run-ended', outcome: { state: 'failed', error } },
  ]);
  expect(issueText(failed)).toBe(
    'conjurer 1.0.0: edge-001 (\\4 \\6)\n  register: E_INPUT_MISSING, no \\\\S file [2J\n  next: put it there\n\n',
  );
});

it('keeps the file as the events come, and removes it at hand-off', async () => {
  const tree = await temporaryTree();
  const bus = createEventBus();
  let status = after([]);
  bus.subscribe(event => {
    status = foldStatus(status, event, around);
  });
  const files = createFiles(nodeDisk, tree);
  const read = () => readFile(`${tree}${issuePath}`, 'utf8').catch(() => null);

  const first = keepIssueFile(files, bus, () => status);
  for (const event of [...started, waiting]) bus.emit(event);
  await first();
  expect(await read()).toContain('claim code ABCD-EFGH');

  const second = keepIssueFile(files, bus, () => status);
  bus.emit({ type: 'run-ended', outcome: { state: 'done', handedOff: true } });
  await second();
  expect(await read()).toBeNull();
});

it('goes on after an event that says nothing new', async () => {
  const bus = createEventBus();
  let status = after(started);
  const written: (string | Uint8Array)[] = [];
  const files = {
    write: async (_path: string, content: string | Uint8Array) => void written.push(content),
    remove: async () => undefined,
  };
  const close = keepIssueFile(files, bus, () => status);
  const nothingNew: PipelineEvent = { type: 'progress', what: 'bytes', done: 1, total: 2 };
  bus.emit(nothingNew);
  await new Promise(setImmediate);
  bus.emit(nothingNew);
  status = after([...started, waiting]);
  bus.emit(waiting);
  await close();
  expect(written.at(-1)).toContain('claim code ABCD-EFGH');
});
