import type { StageStatus, Status } from '../pipeline/status.ts';
import { fixers } from './error-page.ts';
import type { Hint } from './hint.ts';
import type { Style } from './style.ts';

/** Where the machine stands, for a person; the last line says what to type next. */
export function statusText(status: Status, now: Date, style: Style, hint: Hint): string {
  const { waiting, lastError } = status;
  return [
    `${style.bold(status.edgeName ?? 'this machine')}: ${standing(status)}`,
    ...known(status).map(([name, value]) => `  ${style.dim(name.padEnd(12))} ${value}`),
    '',
    ...status.stages.map(stage =>
      `  ${mark(stage, style)} ${stage.name.padEnd(12)} ${stageText(stage, now)}`.trimEnd(),
    ),
    ...(waiting === null
      ? []
      : [
          '',
          `${style.warning('Waiting')} for ${waiting.what}, ${age(waiting.since, now)} already`,
          `  ${style.dim('who must act')} ${waiting.who === 'time' ? 'nobody for now' : fixers[waiting.who]}`,
        ]),
    ...(lastError === null
      ? []
      : ['', `${style.bad(`Last error ${lastError.code}`)}, ${age(lastError.at, now)} ago: ${lastError.message}`]),
    ...(lastError?.check == null ? [] : [`  check        ${lastError.check}`]),
    ...(lastError?.seen == null ? [] : [`  seen         ${lastError.seen}`]),
    ...(lastError?.wanted == null ? [] : [`  wanted       ${lastError.wanted}`]),
    '',
    `${style.bold('Next')}: ${hint(next(status))}`,
  ].join('\n');
}

/** The status with commands in it that can be typed as they stand. */
export function withHints(status: Status, hint: Hint): Status {
  const { waiting, lastError } = status;
  return {
    ...status,
    waiting: waiting && { ...waiting, next: waiting.next === null ? null : hint(waiting.next) },
    lastError: lastError && { ...lastError, next: hint(lastError.next) },
  };
}

function standing(status: Status): string {
  const { state, stages, exitStatus } = status;
  if (state === 'waiting' && !isAlive(status)) return 'waiting, and no run is under way';
  if (state !== 'interrupted') return states[state];
  if (exitStatus === 0) return 'done as far as was asked, and can go on';
  const where = stages.find(stage => stage.state === 'interrupted');
  return `interrupted${where === undefined ? '' : ` in ${where.name}`}, and can go on`;
}

/** A run that ended may have left a wait behind, as --no-wait does. */
function isAlive({ state, exitStatus }: Status): boolean {
  return (state === 'running' || state === 'waiting') && exitStatus === null;
}

const states: Readonly<Record<Exclude<Status['state'], 'interrupted'>, string>> = {
  running: 'conjurer is at work',
  waiting: 'waiting',
  failed: 'stopped by an error',
  'handed-off': 'handed off, the Controller manages it',
  'never-run': 'conjurer has not run since this machine was booted',
};

function known(status: Status): [string, string][] {
  const values: [string, string | null][] = [
    ['node', status.nodeId],
    ['registration', status.registrationId],
    // They are compared before the approval, and say nothing after it.
    ...(status.state === 'handed-off' ? [] : compared(status)),
    ['pid', isAlive(status) ? String(status.pid) : null],
  ];
  return values.filter((pair): pair is [string, string] => pair[1] !== null);
}

function compared({ claimCode, keyFingerprint }: Status): [string, string | null][] {
  return [
    ['claim code', claimCode],
    ['fingerprint', keyFingerprint],
  ];
}

function mark({ state }: StageStatus, style: Style): string {
  const marks = {
    pending: style.dim('[ ]'),
    running: style.warning('[~]'),
    done: style.good('[+]'),
    failed: style.bad('[-]'),
    interrupted: style.warning('[~]'),
  };
  return marks[state];
}

function stageText({ state, since, detail }: StageStatus, now: Date): string {
  const time = since === null ? '' : state === 'running' ? ` for ${age(since, now)}` : ` ${age(since, now)} ago`;
  if (state === 'pending') return detail ?? '';
  return `${state}${time}${detail === null ? '' : `: ${detail}`}`;
}

function next(status: Status): string {
  const { state, waiting, lastError } = status;
  if (state === 'waiting' && waiting?.next) {
    return isAlive(status) ? waiting.next : `${waiting.next}, then: conjurer run`;
  }
  if (isAlive(status)) return 'nothing, conjurer goes on by itself; to see it: conjurer status --watch';
  if (state === 'failed' && lastError !== null) return lastError.next;
  return state === 'handed-off' ? 'nothing, the Controller takes it from here' : 'conjurer run';
}

/** 45 s, 12 min, 3 h, 2 d. A clock that was set back counts as no time. */
export function age(since: string | Date, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - new Date(since).getTime()) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}
