import { errorTable, type Fixer } from '../../bootstrap/error-table.ts';
import type { AgentError } from '../../bootstrap/errors.ts';
import { endingOf } from '../pipeline/ending.ts';
import { meaningOfStatus } from './exit-status.ts';
import type { Hint } from './hint.ts';
import type { Style } from './style.ts';

export const fixers: Readonly<Record<Fixer, string>> = {
  technician: 'the technician at this machine',
  'controller-admin': 'an admin of the Controller',
  'image-builder': 'the builder of the image',
  retry: 'nobody: it passes by itself',
};

/** The object of `--json`: docs/cli.md, conjurer.error/v1. */
export function errorObject(error: AgentError, hint: Hint) {
  return {
    schema: 'conjurer.error/v1',
    error: {
      code: error.code,
      problem: problemOf(error),
      check: error.check ?? null,
      message: error.message,
      seen: error.seen ?? null,
      wanted: error.wanted ?? null,
      next: hint(error.next),
      exitStatus: error.exitStatus,
      fixer: error.fixer,
      data: error.data,
    },
  };
}

/** What is wrong, the details, what to do next, where the log is. */
export function errorPage(
  error: AgentError,
  log: { readonly path: string; readonly problem: string | null } | null,
  style: Style,
  hint: Hint,
): string {
  const details: (readonly [string, string | undefined])[] = [
    ['seen', error.seen],
    ['wanted', error.wanted],
    ['check', error.check],
    ['claim code', textOf(error.data.claimCode)],
    ['fingerprint', textOf(error.data.keyFingerprint)],
    ['request', textOf(error.data.requestId)],
    ['also', textOf(error.data.also)],
    ['cause', causeOf(error)],
    ['must act', error.fixer === 'technician' ? undefined : fixers[error.fixer]],
  ];
  const lines = [
    `${heading(error, style)} ${error.message}`,
    '',
    ...details.flatMap(([name, text]) => (text === undefined ? [] : [detail(name, text, style)])),
    '',
    style.bold('What to do next'),
    `  ${hint(error.next)}`,
    '',
    ...(log === null ? [] : [detail('log', logText(log), style)]),
    detail('more', hint(`conjurer explain ${error.code}`), style),
    detail('exit', `${error.exitStatus} (${meaningOfStatus(error.exitStatus)})`, style),
  ];
  return `${lines.join('\n').replace(/\n{3,}/g, '\n\n')}\n`;
}

function heading(error: AgentError, style: Style): string {
  const ending = endingOf(error);
  if (ending === 'failed') return style.bad(`error ${error.code}:`);
  return style.warning(`${ending === 'waiting' ? 'waiting' : 'stopped'} ${error.code}:`);
}

function detail(name: string, text: string, style: Style): string {
  return `  ${style.dim(name.padEnd(11))} ${text.replaceAll('\n', `\n${' '.repeat(14)}`)}`;
}

function problemOf({ code }: AgentError): string | null {
  const entry = errorTable[code];
  return 'problem' in entry ? entry.problem : null;
}

function textOf(value: string | number | boolean | null | undefined): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}

/** The innermost reason in the words of whoever gave it; ours have said theirs in the message already. */
function causeOf(error: AgentError): string | undefined {
  const { cause } = error;
  if (!(cause instanceof Error) || error.message.includes(cause.message)) return undefined;
  const code = 'code' in cause && typeof cause.code === 'string' ? ` (${cause.code})` : '';
  return `${cause.message}${cause.message.includes(code.trim()) ? '' : code}`;
}

function logText({ path, problem }: { path: string; problem: string | null }): string {
  return problem === null ? path : `${path} could not be written (${problem})`;
}
