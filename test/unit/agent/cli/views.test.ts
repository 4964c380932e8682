import { describe, expect, it } from 'vitest';
import { eventText, isWaitedFor, waitLines } from '../../../../agent/cli/event-text.ts';
import { planObject, planText } from '../../../../agent/cli/plan-text.ts';
import { checkList, junitReport, statusOf } from '../../../../agent/cli/preflight-report.ts';
import { revertObject, revertText } from '../../../../agent/cli/revert-text.ts';
import { age, statusText, withHints } from '../../../../agent/cli/status-text.ts';
import { createStyle } from '../../../../agent/cli/style.ts';
import type { StagePlan } from '../../../../agent/pipeline/plan.ts';
import { neverRun, type Status } from '../../../../agent/pipeline/status.ts';
import { AgentError } from '../../../../bootstrap/errors.ts';
import type { CheckResult, PreflightReport } from '../../../../bootstrap/preflight/check.ts';

const plain = createStyle(false);
const asIs = (text: string) => text;
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
  it('says what was waived, by whom and until when, and what has changed since the last run', () => {
    const waived = { reason: 'lab', author: 'J. Doe', expires: '2027-01-31' };
    const checks = [
      { ...check('fail', 'memory'), waived },
      { ...check('pass', 'disk-size'), changed: { from: 'fail' } as const },
    ];
    const held: PreflightReport = { ...report, verdict: 'warn', checks };
    expect(checkList(held, plain, asIs)).toMatchInlineSnapshot(`
      "[!] memory    title of memory: seen <memory> & "more"
            required  r
            why       w
            fix       f
            waived    by J. Doe until 2027-01-31: lab
      [+] disk-size title of disk-size: seen <disk-size> & "more" (changed: failed before)

      Changed since the last run: disk-size
      It will work, but see the warnings. (1 passed, 0 warn, 1 failed, 1 of those waived, 0 skipped, 0 could not tell)
      More on a check: conjurer explain ID"
    `);
    expect(junitReport(held)).toContain('tests="2" failures="0"');
    expect(junitReport(held)).toContain('<system-out>failed, waived');
    expect(statusOf(held)).toBe(4);
  });

  it('says once what was skipped for one reason, where that are many', () => {
    const alike = ['a', 'b', 'c'].map(id => ({ ...check('skip', id), observed: 'no kernel here' }));
    const apart = { ...check('skip', 'd'), observed: 'not asked for' };
    const many: PreflightReport = { ...report, verdict: 'pass', checks: [...alike, apart, check('pass', 'e')] };
    expect(checkList(many, plain, asIs)).toMatchInlineSnapshot(`
      "[ ] d title of d: not asked for
      [+] e title of e: seen <e> & "more"
      [ ] 3 checks skipped: no kernel here
            a, b, c

      All is well. (1 passed, 0 warn, 0 failed, 4 skipped, 0 could not tell)"
    `);
  });

  it('as a list', () => {
    expect(checkList(report, plain, asIs)).toMatchInlineSnapshot(`
      "[+] a title of a: seen <a> & "more"
      [!] b title of b: seen <b> & "more"
            required  r
            why       w
            fix       f
      [-] c title of c: seen <c> & "more"
            required  r
            why       w
            fix       f
      [ ] d title of d
      [?] e title of e: seen <e> & "more"
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
    expect(statusText(fresh, now, plain, asIs)).toMatchInlineSnapshot(`
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
    expect(statusText(waiting, now, plain, asIs)).toMatchInlineSnapshot(`
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
    expect(statusText(failed, now, plain, asIs)).toMatchInlineSnapshot(`
      "this machine: stopped by an error

        [ ] facts
        [ ] register

      Last error E_PASSPHRASE_WRONG, 60 s ago: the passphrase does not belong to these credentials
        check        mac
        seen         x

      Next: replace the passphrase file, then: conjurer run"
    `);
  });

  const stage = (name: string, state: Status['stages'][number]['state'], detail: string | null = null) => ({
    name,
    state,
    since: state === 'pending' ? null : '2026-01-31T08:00:00Z',
    detail,
  });

  it('after Ctrl-C: in which stage, and what to type', () => {
    const stages = [stage('facts', 'done'), stage('register', 'interrupted')];
    const interrupted: Status = { ...fresh, state: 'interrupted', exitStatus: 130, pid: 42, stages };
    expect(statusText(interrupted, now, plain, asIs)).toMatchInlineSnapshot(`
      "this machine: interrupted in register, and can go on

        [+] facts        done 10 min ago
        [~] register     interrupted 10 min ago

      Next: conjurer run"
    `);
  });

  it('after --no-wait: nobody is at work, and what to type when it is approved', () => {
    const waits: Status = {
      ...fresh,
      state: 'waiting',
      exitStatus: 20,
      pid: 42,
      stages: [stage('facts', 'done'), stage('register', 'pending', 'waits for a person')],
      waiting: { who: 'controller-admin', what: 'approval', since: '2026-01-31T08:00:01Z', next: 'have it approved' },
    };
    expect(statusText(waits, now, plain, asIs)).toMatchInlineSnapshot(`
      "this machine: waiting, and no run is under way

        [+] facts        done 10 min ago
        [ ] register     waits for a person

      Waiting for approval, 10 min already
        who must act an admin of the Controller

      Next: have it approved, then: conjurer run"
    `);
  });

  it('after hand-off there is nothing to compare any more', () => {
    const compared = { claimCode: 'ABCD-EFGH', keyFingerprint: 'SHA256:abc' };
    const done: Status = {
      ...fresh,
      ...compared,
      state: 'handed-off',
      exitStatus: 0,
      stages: [stage('facts', 'done')],
    };
    expect(statusText(done, now, plain, asIs)).toMatchInlineSnapshot(`
      "this machine: handed off, the Controller manages it

        [+] facts        done 10 min ago

      Next: nothing, the Controller takes it from here"
    `);
  });

  it('after a run of some stages only', () => {
    const some: Status = { ...fresh, state: 'interrupted', exitStatus: 0 };
    expect(statusText(some, now, plain, asIs)).toContain('this machine: done as far as was asked, and can go on\n');
  });

  it('puts a hint where a command stands, in the text and in the object', () => {
    const shout = (text: string) => text.replace('conjurer run', 'CONJURER RUN');
    expect(statusText(fresh, now, plain, shout)).toContain('Next: CONJURER RUN');
    const lastError = {
      code: 'E_USAGE',
      message: 'm',
      seen: null,
      wanted: null,
      check: null,
      next: 'conjurer run',
      at: '2026-01-31T08:09:00Z',
    };
    const waiting = { who: 'time', what: 'w', since: '2026-01-31T08:00:01Z', next: 'conjurer run' } as const;
    expect(withHints({ ...fresh, lastError, waiting }, shout)).toMatchObject({
      lastError: { next: 'CONJURER RUN' },
      waiting: { next: 'CONJURER RUN' },
    });
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
    expect(planText(plans, plain, asIs)).toMatchInlineSnapshot(`
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
    expect(planText([{ stage: 'facts', state: 'holds' }], plain, asIs)).toContain('Nothing to do');
    const error = new AgentError('E_INPUT_MISSING', 'the passphrase is not there');
    const failing: StagePlan[] = [{ stage: 'register', state: 'fails', error }];
    expect(planText(failing, plain, asIs)).toContain('conjurer run would stop at register.');
    expect(planObject(failing, asIs)).toMatchObject({
      schema: 'conjurer.plan/v1',
      stages: [{ stage: 'register', state: 'fails', error: { code: 'E_INPUT_MISSING', exitStatus: 78 } }],
    });
  });
});

describe('an event', () => {
  it.each([
    [
      { type: 'retrying', call: 'register', code: 'E_MAINTENANCE', delayMs: 4200 },
      'register: E_MAINTENANCE, again in 4 s',
    ],
    [
      { type: 'retrying', call: 'register', code: 'E_MAINTENANCE', delayMs: 600_000 },
      'register: E_MAINTENANCE, again in 10 min',
    ],
    [{ type: 'stage-started', stage: 'facts', mode: 'prove' }, null],
    [{ type: 'stage-planned', stage: 'handoff', changes: 6 }, null],
    [{ type: 'stage-verified', stage: 'handoff', mode: 'run', applied: 0 }, 'handoff: done, nothing to do'],
    [{ type: 'stage-verified', stage: 'register', mode: 'run', applied: 1 }, 'register: done, 1 change'],
    [{ type: 'stage-verified', stage: 'handoff', mode: 'run', applied: 6 }, 'handoff: done, 6 changes'],
    [{ type: 'stage-verified', stage: 'facts', mode: 'prove', applied: 0 }, null],
    [
      { type: 'stage-failed', stage: 'register', error: new AgentError('E_WAITING', 'no'), reverted: false },
      'register: waits for a person',
    ],
    [
      { type: 'stage-failed', stage: 'configure', error: new AgentError('E_INTERRUPTED', 'no'), reverted: true },
      'configure: interrupted; what it did was undone',
    ],
    [
      { type: 'stage-failed', stage: 'register', error: new AgentError('E_TERMINATED', 'no'), reverted: false },
      'register: interrupted',
    ],
    [
      { type: 'stage-failed', stage: 'register', error: new AgentError('E_USAGE', 'no'), reverted: true },
      'register: stopped, E_USAGE: no; what it did was undone',
    ],
    [
      { type: 'stage-failed', stage: 'register', error: new TypeError('secret'), reverted: false },
      'register: stopped, E_BUG',
    ],
  ] as const)('%#', (event, text) => {
    expect(eventText(event, asIs)).toBe(text);
  });
});

describe('a wait', () => {
  const fingerprint = 'SHA256:PEBniEEOu5LxwlNZPDrFN2UoxE3hBw3NwT81grbFJpE';
  const approval = {
    type: 'waiting',
    for: 'approval of the registration',
    who: 'controller-admin',
    claimCode: 'ABCD-EFGH',
    keyFingerprint: fingerprint,
    since: now,
    next: 'compare claim code ABCD-EFGH on the Controller, and approve a-machine-with-a-long-name there',
  } as const;
  const time = { type: 'waiting', for: 'the first call', who: 'time', since: now, next: 'conjurer status' } as const;

  it('is lines that fit a console of 80 columns, with what a person compares each on its own', () => {
    const text = eventText(approval, asIs) ?? '';
    expect(text).toMatchInlineSnapshot(`
      "waiting for approval of the registration
        must act    an admin of the Controller
        claim code  ABCD-EFGH
        fingerprint SHA256:PEBniEEOu5LxwlNZPDrFN2UoxE3hBw3NwT81grbFJpE
        next        compare claim code ABCD-EFGH on the Controller, and approve
                    a-machine-with-a-long-name there"
    `);
    const [first = '', ...more] = text.split('\n');
    expect('2026-01-31T08:10:00Z '.length + first.length).toBeLessThanOrEqual(80);
    for (const line of more) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('for something that is told at length fits too', () => {
    const reason = 'a person: the server that answered is not the Controller of these credentials';
    expect(waitLines({ type: 'waiting', for: reason, who: 'technician', since: now }, asIs)).toEqual([
      'waiting for a person: the server that answered is not the',
      '  Controller of these credentials',
      '  must act    the technician at this machine',
    ]);
  });

  it('for time names nobody, and what to type stands in it as a hint', () => {
    expect(waitLines(time, text => text.toUpperCase())).toEqual([
      'waiting for the first call',
      '  next        CONJURER STATUS',
    ]);
  });

  it.each([
    [approval, true, true],
    [approval, false, false],
    [time, false, true],
  ])('%# under --no-wait', (event, wait, shown) => {
    expect(isWaitedFor(event, wait)).toBe(shown);
  });
});

it('revert lists what was undone and what stays', () => {
  const report = { undone: [], kept: [{ id: 'b', why: 'because' }], removed: ['/x'] };
  const kept = [{ id: 'b', why: 'BECAUSE' }];
  expect(revertObject(report, text => text.toUpperCase())).toEqual({ ...report, kept });
  expect(revertText({ undone: [], kept: [] }, asIs)).toBe('Nothing to undo.');
  expect(revertText({ undone: ['a'], kept: [{ id: 'b', why: 'because' }] }, asIs)).toBe(
    'undone  a\nkept    b (because)\n1 undone, 1 kept.',
  );
});
