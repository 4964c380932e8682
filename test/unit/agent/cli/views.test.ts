import { describe, expect, it } from 'vitest';
import { eventLine } from '../../../../agent/cli/event-text.ts';
import { planObject, planText } from '../../../../agent/cli/plan-text.ts';
import { checkList, junitReport, statusOf } from '../../../../agent/cli/preflight-report.ts';
import { revertText } from '../../../../agent/cli/revert-text.ts';
import { age, statusText } from '../../../../agent/cli/status-text.ts';
import { createStyle } from '../../../../agent/cli/style.ts';
import type { CheckResult, PreflightReport } from '../../../../agent/controller/protocol.ts';
import type { StagePlan } from '../../../../agent/pipeline/plan.ts';
import { neverRun, type Status } from '../../../../agent/pipeline/status.ts';
import { AgentError } from '../../../../bootstrap/errors.ts';

const plain = createStyle(false);
const now = new Date('2026-01-31T08:10:00Z');

function check(status: CheckResult['status'], id: string): CheckResult {
  const observed = status === 'skip' ? null : `seen <${id}> & "more"`;
  return {
    id,
    title: `title of ${id}`,
    phase: 'network',
    status,
    observed,
    required: 'r',
    why: 'w',
    fix: 'f',
    durationMs: 12,
  };
}

const report: PreflightReport = {
  schema: 'conjurer.preflight/v1',
  at: '2026-01-31T08:00:00Z',
  verdict: 'fail',
  checks: [check('pass', 'a'), check('warn', 'b'), check('fail', 'c'), check('skip', 'd'), check('error', 'e')],
};

describe('preflight', () => {
  it('as a list', () => {
    expect(checkList(report, plain)).toMatchInlineSnapshot(`
      "[+] a                    title of a: seen <a> & "more"
      [!] b                    title of b: seen <b> & "more"
            required  r
            why       w
            fix       f
      [-] c                    title of c: seen <c> & "more"
            required  r
            why       w
            fix       f
      [ ] d                    title of d
      [?] e                    title of e: seen <e> & "more"
            required  r
            why       w
            fix       f

      Not ready: mend what failed, then: conjurer preflight (1 passed, 1 warn, 1 failed, 1 skipped, 1 could not tell)
      More on a check: conjurer explain ID"
    `);
  });

  it('as JUnit', () => {
    expect(junitReport(report)).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuite name="conjurer preflight" timestamp="2026-01-31T08:00:00Z" tests="5" failures="1" errors="1" skipped="1">
        <testcase classname="conjurer.network" name="a" time="0.012"></testcase>
        <testcase classname="conjurer.network" name="b" time="0.012"><system-out>warning
      observed: seen &lt;b&gt; &amp; &quot;more&quot;
      required: r
      w
      fix: f</system-out></testcase>
        <testcase classname="conjurer.network" name="c" time="0.012"><failure message="title of c">observed: seen &lt;c&gt; &amp; &quot;more&quot;
      required: r
      w
      fix: f</failure></testcase>
        <testcase classname="conjurer.network" name="d" time="0.012"><skipped message="w"/></testcase>
        <testcase classname="conjurer.network" name="e" time="0.012"><error message="title of e">observed: seen &lt;e&gt; &amp; &quot;more&quot;
      required: r
      w
      fix: f</error></testcase>
      </testsuite>
      "
    `);
  });

  it.each([
    ['pass', 0],
    ['warn', 4],
    ['fail', 3],
  ] as const)('%s ends with %i', (verdict, status) => {
    expect(statusOf({ ...report, verdict })).toBe(status);
  });
});

describe('status', () => {
  const fresh = neverRun('1.0.0', ['facts', 'register']);

  it('of a machine on which nothing ran', () => {
    expect(statusText(fresh, now, plain)).toMatchInlineSnapshot(`
      "this machine: conjurer has not run since this machine was booted

        [ ] facts
        [ ] register

      Next: conjurer run"
    `);
  });

  it('while it waits for approval: code, fingerprint, who, since when', () => {
    const waiting: Status = {
      ...fresh,
      state: 'waiting',
      edgeName: 'edge-1',
      registrationId: 'reg-1',
      claimCode: 'ABCD-EFGH',
      keyFingerprint: 'SHA256:abc',
      pid: 42,
      stages: [
        { name: 'facts', state: 'done', since: '2026-01-31T08:00:00Z', detail: null },
        { name: 'register', state: 'running', since: '2026-01-31T08:00:01Z', detail: 'approval of the registration' },
      ],
      waiting: {
        who: 'controller-admin',
        what: 'approval of the registration',
        since: '2026-01-31T08:00:01Z',
        next: 'compare the claim code, and approve it on the Controller',
      },
    };
    expect(statusText(waiting, now, plain)).toMatchInlineSnapshot(`
      "edge-1: waiting
        registration reg-1
        claim code   ABCD-EFGH
        fingerprint  SHA256:abc
        pid          42

        [+] facts        done 10 min ago
        [~] register     running for 10 min: approval of the registration

      Waiting for approval of the registration, 10 min already
        who must act an admin of the Controller

      Next: compare the claim code, and approve it on the Controller"
    `);
  });

  it('after an error: what to type next', () => {
    const failed: Status = {
      ...fresh,
      state: 'failed',
      lastError: {
        code: 'E_PASSPHRASE_WRONG',
        message: 'the passphrase does not belong to these credentials',
        seen: 'x',
        wanted: null,
        check: 'mac',
        next: 'replace the passphrase file, then: conjurer run',
        at: '2026-01-31T08:09:00Z',
      },
    };
    expect(statusText(failed, now, plain)).toMatchInlineSnapshot(`
      "this machine: stopped by an error

        [ ] facts
        [ ] register

      Last error E_PASSPHRASE_WRONG, 60 s ago: the passphrase does not belong to these credentials
        check        mac
        seen         x

      Next: replace the passphrase file, then: conjurer run"
    `);
  });

  it.each([
    ['2026-01-31T08:09:15Z', '45 s'],
    ['2026-01-31T07:58:00Z', '12 min'],
    ['2026-01-31T05:10:00Z', '3 h'],
    ['2026-01-28T08:10:00Z', '3 d'],
    ['2026-01-31T09:00:00Z', '0 s'],
  ])('%s was %s ago', (since, words) => {
    expect(age(since, now)).toBe(words);
  });
});

describe('plan', () => {
  const plans: StagePlan[] = [
    { stage: 'facts', state: 'holds' },
    {
      stage: 'register',
      state: 'acts',
      changes: [
        {
          change: { kind: 'file', id: 'f', path: '/f', mode: 0o600, content: 'x' },
          diff: ['+++ /f (0600)', '+ x'],
        },
      ],
    },
    { stage: 'activate', state: 'not-known', before: 'register' },
  ];

  it('as a diff', () => {
    expect(planText(plans, plain)).toMatchInlineSnapshot(`
      "facts: holds, nothing to do

      register: 1 change
        file f
          +++ /f (0600)
          + x

      activate: can be told only when register was carried out

      conjurer run would make 1 change, and what 1 later stage will need."
    `);
  });

  it('of nothing, and of a run that would stop', () => {
    expect(planText([{ stage: 'facts', state: 'holds' }], plain)).toContain('Nothing to do');
    const error = new AgentError('E_INPUT_MISSING', 'the passphrase is not there');
    const failing: StagePlan[] = [{ stage: 'register', state: 'fails', error }];
    expect(planText(failing, plain)).toContain('conjurer run would stop at register.');
    expect(planObject(failing)).toMatchObject({
      schema: 'conjurer.plan/v1',
      stages: [{ stage: 'register', state: 'fails', error: { code: 'E_INPUT_MISSING', exitStatus: 78 } }],
    });
  });
});

describe('an event', () => {
  it.each([
    [
      {
        type: 'waiting',
        for: 'approval of the registration',
        who: 'controller-admin',
        claimCode: 'ABCD-EFGH',
        keyFingerprint: 'SHA256:abc',
        since: now,
        next: 'approve it',
      },
      'waiting for approval of the registration; an admin of the Controller must act; claim code ABCD-EFGH; fingerprint SHA256:abc; next: approve it',
    ],
    [
      { type: 'retrying', call: 'register', code: 'E_MAINTENANCE', delayMs: 4200 },
      'register: E_MAINTENANCE, again in 4 s',
    ],
    [
      { type: 'retrying', call: 'register', code: 'E_MAINTENANCE', delayMs: 600_000 },
      'register: E_MAINTENANCE, again in 10 min',
    ],
    [{ type: 'stage-started', stage: 'facts', mode: 'prove' }, null],
    [{ type: 'stage-verified', stage: 'facts', mode: 'run' }, 'facts: done'],
    [
      { type: 'stage-failed', stage: 'register', error: new AgentError('E_USAGE', 'no'), reverted: true },
      'register: stopped, E_USAGE: no; what it did was undone',
    ],
    [
      { type: 'stage-failed', stage: 'register', error: new TypeError('secret'), reverted: false },
      'register: stopped, E_BUG',
    ],
  ] as const)('%#', (event, line) => {
    expect(eventLine(event)).toBe(line);
  });
});

it('revert lists what was undone and what stays', () => {
  expect(revertText({ undone: [], kept: [] })).toBe('Nothing to undo.');
  expect(revertText({ undone: ['a'], kept: [{ id: 'b', why: 'because' }] })).toBe(
    'undone  a\nkept    b (because)\n1 undone, 1 kept.',
  );
});
