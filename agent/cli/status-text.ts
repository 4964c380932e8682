import type { StageStatus, Status } from '../pipeline/status.ts';
import { fixers } from './error-page.ts';
import type { Style } from './style.ts';

/** Where the machine stands, for a person; the last line says what to type next. */
export function statusText(status: Status, now: Date, style: Style): string {
  const { waiting, lastError } = status;
  return [
    `${style.bold(status.edgeName ?? 'this machine')}: ${states[status.state]}`,
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
          `  ${style.dim('who must act')} ${waiting.who === 'time' ? 'nobody: it passes by itself' : fixers[waiting.who]}`,
        ]),
    ...(lastError === null
      ? []
      : ['', `${style.bad(`Last error ${lastError.code}`)}, ${age(lastError.at, now)} ago: ${lastError.message}`]),
    ...(lastError?.check == null ? [] : [`  check        ${lastError.check}`]),
    ...(lastError?.seen == null ? [] : [`  seen         ${lastError.seen}`]),
    ...(lastError?.wanted == null ? [] : [`  wanted       ${lastError.wanted}`]),
    '',
    `${style.bold('Next')}: ${next(status)}`,
  ].join('\n');
}

const states: Readonly<Record<Status['state'], string>> = {
  running: 'conjurer is at work',
  waiting: 'waiting',
  failed: 'stopped by an error',
  interrupted: 'interrupted, and can go on',
  'handed-off': 'handed off, the Controller manages it',
  'never-run': 'conjurer has not run since this machine was booted',
};

function known(status: Status): [string, string][] {
  const values: [string, string | null][] = [
    ['node', status.nodeId],
    ['registration', status.registrationId],
    ['claim code', status.claimCode],
    ['fingerprint', status.keyFingerprint],
    ['pid', status.state === 'running' || status.state === 'waiting' ? String(status.pid) : null],
  ];
  return values.filter((pair): pair is [string, string] => pair[1] !== null);
}

function mark({ state }: StageStatus, style: Style): string {
  const marks = {
    pending: style.dim('[ ]'),
    running: style.warning('[~]'),
    done: style.good('[+]'),
    failed: style.bad('[-]'),
  };
  return marks[state];
}

function stageText({ state, since, detail }: StageStatus, now: Date): string {
  const time = since === null ? '' : state === 'running' ? ` for ${age(since, now)}` : ` ${age(since, now)} ago`;
  const words = state === 'pending' ? '' : `${state}${time}`;
  return detail === null ? words : `${words}: ${detail}`;
}

function next({ state, waiting, lastError }: Status): string {
  if (state === 'waiting' && waiting?.next) return waiting.next;
  if (state === 'running' || state === 'waiting')
    return 'nothing: conjurer goes on by itself (conjurer status --watch)';
  if (state === 'failed' && lastError !== null) return lastError.next;
  return state === 'handed-off' ? 'nothing: the Controller takes it from here' : 'conjurer run';
}

/** 45 s, 12 min, 3 h, 2 d. A clock that was set back counts as no time. */
export function age(since: string | Date, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - new Date(since).getTime()) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}
