import { describe, expect, test } from 'vitest';
import type { ReportInput } from '../../../../../agent/diagnostics/report/input.ts';
import { ReportModel } from '../../../../../agent/diagnostics/report/model.ts';
import { makeReport } from '../../../../../agent/diagnostics/report/report.ts';
import type { Status } from '../../../../../agent/pipeline/status.ts';
import { entry, failedBoot } from '../../../../support/failed-boot.ts';

async function modelOf(input: ReportInput): Promise<ReportModel> {
  return ReportModel.parse(JSON.parse((await makeReport(input)).json));
}

describe('of a machine whose disk filled up', () => {
  test('the verdict names the cause behind the error that ended the run', async () => {
    const { verdict } = await modelOf(failedBoot());
    expect(verdict).toMatchObject({
      state: 'failed',
      since: '2026-11-22T08:03:41.900Z',
      who: 'technician',
      cause: 'disk-full',
    });
  });

  test('findings are linked: what follows from the disk says so', async () => {
    const { findings } = await modelOf(failedBoot());
    const [first, ...others] = findings;
    expect(first?.id).toBe('disk-full');
    expect(first?.explains).toEqual(['pods-evicted', 'image-not-there', 'sandbox-image-missing', 'api-server-down']);
    expect(others.find(({ id }) => id === 'component-altered')?.explainedBy).toEqual(['sandbox-image-missing']);
    expect(findings.map(({ weight }) => weight)).toEqual(['cause', 'cause', 'cause', 'sign', 'sign', 'sign']);
  });

  test('each citation is the very line of the entry that it names', async () => {
    const input = failedBoot();
    const { findings } = await modelOf(input);
    const cited = findings.flatMap(({ evidence }) => evidence).filter(({ line }) => line !== null);
    expect(cited.length).toBeGreaterThan(8);
    for (const { path, line, text } of cited) {
      const there = (await input.read(path))?.split('\n')[(line ?? 0) - 1] ?? '';
      const isLog = !path.endsWith('.json');
      const part = isLog ? text.replace(/^… | …$/g, '') : JSON.stringify(text.split(/[ :]/)[0]);
      expect(there).toContain(part);
    }
  });

  test('lines that say the same are one citation with a count', async () => {
    const { findings } = await modelOf(failedBoot());
    const [citation] = findings.find(({ id }) => id === 'api-server-down')?.evidence ?? [];
    expect(citation).toMatchObject({ path: 'journals/kubelet.log', line: 5, count: 2 });
  });

  test('page, JSON and text say the same', async () => {
    const { html, json, text } = await makeReport(failedBoot());
    const { verdict, findings, missing, preflight, validation } = ReportModel.parse(JSON.parse(json));
    const loud = preflight?.checks.filter(({ status }) => status === 'fail' || status === 'warn') ?? [];
    const told = [
      verdict.sentence,
      verdict.next,
      ...findings.flatMap(({ why, next, evidence }) => [why, next, ...evidence.map(one => one.text)]),
      ...loud.flatMap(({ id, observed }) => [id, observed ?? '']),
      ...(validation?.wrong ?? []).map(({ component }) => component),
      ...missing.flatMap(({ path, reason }) => [path, reason ?? '']),
    ];
    const seen = unescaped(html);
    for (const line of told) {
      expect(text).toContain(line);
      expect(seen).toContain(line);
    }
  });

  test('what is missing is told with its reason, what does not apply is not', async () => {
    const { missing, contents } = await modelOf(failedBoot());
    expect(missing.map(({ path, outcome }) => [path, outcome])).toEqual([
      ['etcd/health.txt', 'timed-out'],
      ['kubernetes/kubeadm/old.yaml', 'withheld'],
      ['journals/usage.txt', 'failed'],
    ]);
    expect(contents.map(({ path }) => path)).toContain('network/nft.txt');
  });

  test('an entry whose middle was left out is among what is missing', async () => {
    const input = failedBoot();
    const cut = { ...input, entries: [...input.entries, entry('journals/huge.log', { bytes: 9, truncated: true })] };
    expect((await modelOf(cut)).missing.map(({ path }) => path)).toContain('journals/huge.log');
  });

  test('the timeline has boot, cloud-init, the earlier attempt and the stages of the last one', async () => {
    const { timeline } = await modelOf(failedBoot());
    expect(timeline?.lanes.map(({ group, name }) => `${group} ${name}`)).toEqual([
      'boot boot',
      'boot cloud-init',
      'attempt run 1',
      'stage facts',
      'stage network',
      'stage connectivity',
      'stage components',
    ]);
    const lane = (name: string) => timeline?.lanes.find(one => one.name === name);
    expect(lane('boot')?.spans[2]).toEqual({
      from: '2026-11-22T08:00:09.322Z',
      to: '2026-11-22T08:00:29.162Z',
      state: 'boot',
      label: 'userspace',
    });
    expect(lane('cloud-init')?.spans.map(({ label, from }) => `${label} ${from}`)).toEqual([
      'init-local 2026-11-22T08:00:09.400Z',
      'init 2026-11-22T08:00:14.100Z',
      'modules:config 2026-11-22T08:00:18.300Z',
      'modules:final 2026-11-22T08:00:24.000Z',
    ]);
    expect(lane('run 1')).toMatchObject({ spans: [{ state: 'interrupted' }], marks: [{ kind: 'retry', times: 37 }] });
    expect(lane('connectivity')?.marks).toHaveLength(5);
    expect(lane('components')).toMatchObject({
      spans: [{ state: 'failed' }],
      marks: [{ kind: 'failure', label: 'E_COMPONENTS' }],
    });
  });

  test('the first failure is told although a later one ended the run', async () => {
    const { failures } = await modelOf(failedBoot());
    expect(failures.map(({ first, beforeThisBoot, attempt }) => [first, beforeThisBoot, attempt.error?.code])).toEqual([
      [true, true, undefined],
      [false, false, 'E_COMPONENTS'],
    ]);
  });
});

describe('the verdict', () => {
  const status = failedBoot().status as Status;
  const bare: ReportInput = { ...failedBoot(), entries: [], preflight: null, validation: null };
  const none = { run: null, preflight: null, validate: null };

  test.each<[string, Partial<Status>, string]>([
    [
      'handed off',
      { state: 'handed-off', lastError: null },
      'edge-0042 has been handed off to the Controller since 2026-11-22 08:03:41 UTC (28 min); nobody has to act.',
    ],
    [
      'waiting',
      {
        state: 'waiting',
        lastError: null,
        waiting: {
          who: 'controller-admin',
          what: 'approval of the registration',
          since: '2026-11-22T08:02:00.000Z',
          next: 'compare claim code ABCD on the Controller, and approve edge-0042 there',
        },
      },
      'edge-0042 waits for approval of the registration since 2026-11-22 08:02:00 UTC (30 min); an admin of the Controller has to act.',
    ],
    [
      'running',
      { state: 'running', lastError: null },
      'edge-0042 is being brought up in components since 2026-11-22 08:03:41 UTC (28 min); nobody has to act.',
    ],
    [
      'interrupted',
      { state: 'interrupted', lastError: null },
      'edge-0042 was interrupted in components since 2026-11-22 08:03:41 UTC (28 min); the technician at this machine has to act.',
    ],
    [
      'denied',
      {
        lastError: {
          ...(status.lastError as NonNullable<Status['lastError']>),
          code: 'E_REGISTRATION_DENIED',
          message: 'the registration was denied: unknown site',
          seen: null,
        },
      },
      'edge-0042 has stood still in components since 2026-11-22 08:03:41 UTC (28 min): the Controller denied this machine (the registration was denied: unknown site); an admin of the Controller has to act.',
    ],
    [
      'an error of another release',
      {
        lastError: {
          ...(status.lastError as NonNullable<Status['lastError']>),
          code: 'E_OF_TOMORROW',
          message: 'something new',
        },
      },
      'edge-0042 has stood still in components since 2026-11-22 08:03:41 UTC (28 min): something new; the technician at this machine has to act.',
    ],
  ])('of a machine that is %s', async (_name, told, sentence) => {
    const { verdict } = await modelOf({ ...bare, recordings: none, status: { ...status, ...told } });
    expect(verdict.sentence).toBe(sentence);
  });

  test('after a restart is about the last attempt before it', async () => {
    const { verdict } = await modelOf({ ...bare, status: null });
    expect(verdict).toMatchObject({ state: 'failed', since: '2026-11-22T08:03:41.900Z' });
    expect(verdict.sentence).toContain('the last run before that failed in register');
    expect(verdict.next).toBe('conjurer validate --repair, then: conjurer run');
  });

  test('of a machine on which nothing ran is what its preflight says', async () => {
    const { verdict } = await modelOf({ ...bare, status: null, recordings: none, preflight: failedBoot().preflight });
    expect(verdict).toMatchObject({ state: 'failed', cause: 'disk-full', who: 'technician' });
  });

  test('does not blame a person who is waited for with what else was found', async () => {
    const waiting = { ...status, state: 'waiting' as const, lastError: null };
    const { verdict, findings } = await modelOf({ ...failedBoot(), status: waiting });
    expect(findings[0]?.weight).toBe('cause');
    expect(verdict).toMatchObject({ state: 'waiting', cause: null });
  });
});

test('control characters, terminal sequences and turned text are written out, in all three forms', async () => {
  const input = failedBoot({
    'journals/errors.log':
      'kernel: Out of memory: Killed \u001b[2J\u001b]0;x\u0007 \u202egnp.exe\u202c \u0000\u009b1m\r',
  });
  const { html, json, text } = await makeReport({ ...input, edgeName: 'edge\u001b[31m\u200b' });
  for (const form of [html, json, text]) {
    expect(form).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
    expect(form).toContain('Out of memory: Killed ');
  }
  expect(text).toContain('edge<U+001B>[31m<U+200B>');
  expect(text).toContain('<U+202E>gnp.exe<U+202C>');
});

test('every entry is read at most once, one at a time, and only where something could be found', async () => {
  const input = failedBoot({ 'kubernetes/manifests/etcd.yaml': 'x', 'packages/dpkg.txt': 'y' });
  const read: string[] = [];
  let atOnce = 0;
  let most = 0;
  await makeReport({
    ...input,
    async read(path) {
      read.push(path);
      atOnce += 1;
      most = Math.max(most, atOnce);
      const text = await input.read(path);
      atOnce -= 1;
      return text;
    },
  });
  const logs = read.filter(path => !path.startsWith('conjurer/'));
  expect(new Set(logs).size).toBe(logs.length);
  expect(read).not.toContain('packages/dpkg.txt');
  expect(read).not.toContain('etcd/health.txt');
  expect(most).toBeLessThanOrEqual(2);
});

test('logs that are long, torn or of something else do no harm', async () => {
  const long = `${'x'.repeat(2_000_000)} Out of memory: Killed process 1 ${'y'.repeat(2_000_000)}`;
  const input = failedBoot({
    'journals/errors.log': long,
    'conjurer/conjurer.log':
      '{"time":"2026-11-22T08:00:00Z","pid":1,"msg":"run-star\n\0\n{"msg":"run-ended"}\n[]\nnull\n',
    'cloud-init/cloud-init-output.log': "Cloud-init v. 23 running 'init' at yesterday. Up many seconds.\n".repeat(3),
  });
  const { findings, timeline } = await modelOf(input);
  const [citation] = findings.find(({ id }) => id === 'out-of-memory')?.evidence ?? [];
  expect(citation?.text.length).toBeLessThan(400);
  expect(citation?.text).toContain('Out of memory: Killed process 1');
  expect(timeline?.lanes.map(({ name }) => name)).toEqual(['boot', 'run 1', 'register']);
});

function unescaped(html: string): string {
  const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#96': '`' };
  return html.replace(/&([a-z]+|#\d+);/g, (_all, name: string) => named[name] ?? '');
}
