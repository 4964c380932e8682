import { type ErrorCode, type ErrorEntry, errorTable } from '../../bootstrap/error-table.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import { type CheckEntry, type CheckId, checkTable } from '../../bootstrap/preflight/check-table.ts';
import { nearest } from '../config/nearest.ts';
import { fixers } from './error-page.ts';
import { meaningOfStatus } from './exit-status.ts';
import type { Hint } from './hint.ts';
import type { Style } from './style.ts';
import { wrapped } from './wrapped.ts';

/** The page of an error code or of a preflight check. */
export type Page = ({ readonly code: ErrorCode } & ErrorEntry) | ({ readonly check: CheckId } & CheckEntry);

/**
 * Finds a page by code, with or without `E_`, by the protocol's own name of the problem, or by the id of a check; case
 * and the ways to join words do not count. Throws E_USAGE, which names the nearest.
 */
export function explain(asked: string): Page {
  const word = plain(asked);
  const code = codes.find(known => [known, known.slice(2), problemOf(known)].some(name => plain(name) === word));
  if (code !== undefined) return { code, ...errorTable[code] };
  const check = checks.find(known => plain(known) === word);
  if (check !== undefined) return { check, ...checkTable[check] };
  const meant = nearest(word.replace(/^e-/, ''), [...codes.map(known => known.slice(2)), ...checks]);
  const name = meant === null ? null : (checks.find(known => known === meant) ?? `E_${meant}`);
  throw new AgentError('E_USAGE', `there is no page ${asked}${name === null ? '' : `, did you mean ${name}?`}`, {
    seen: asked,
    wanted: 'a code or check as it stands in a message, such as E_PASSPHRASE_WRONG or controller-tls',
    next: name === null ? 'take the code from the message, or from: conjurer status' : `conjurer explain ${name}`,
  });
}

const codes = Object.keys(errorTable) as ErrorCode[];
const checks = Object.keys(checkTable) as CheckId[];

export function pageText(page: Page, style: Style, hint: Hint): string {
  return 'code' in page ? errorText(page, style, hint) : checkText(page, style, hint);
}

function errorText(page: Extract<Page, { code: ErrorCode }>, style: Style, hint: Hint): string {
  return [
    `${style.bold(page.code)}: ${page.title}`,
    '',
    ...wrapped(page.explain, 78).map(line => `  ${line}`),
    '',
    style.bold('What to do next'),
    `  ${hint(page.next)}`,
    '',
    fact('must act', fixers[page.fixer], style),
    fact('exit', `${page.status} (${meaningOfStatus(page.status)})`, style),
    ...(page.problem === undefined ? [] : [fact('problem', page.problem, style)]),
    ...(page.class === undefined ? [] : [fact('class', classes[page.class], style)]),
  ].join('\n');
}

function checkText(page: Extract<Page, { check: CheckId }>, style: Style, hint: Hint): string {
  return [
    // No colon: "credentials: …" would be taken for a secret.
    `${style.bold(page.check)} – ${page.title}`,
    '',
    fact('required', page.required, style),
    fact('why', page.why, style),
    fact('phase', page.phase === 'host' ? 'on this machine' : 'on the way to the Controller', style),
    fact('blocks', weightOf(page), style),
    '',
    style.bold('What to do next'),
    hint('  conjurer preflight shows what was seen, and what to do where it fails'),
    ...(page.blocks && page.waivable !== false ? [waiverLine(page.check)] : []),
  ].join('\n');
}

/** What comes of a check that fails. */
export function weightOf({ blocks, waivable }: CheckEntry): string {
  if (!blocks) return 'no, it warns';
  return waivable === false ? 'yes, and cannot be waived' : 'yes, unless it is waived';
}

function waiverLine(check: CheckId): string {
  return `  to go on without it: preflight.waive: [{ id: ${check}, reason: …, author: …, expires: YYYY-MM-DD }] in conjurer.yaml`;
}

function fact(name: string, value: string, style: Style): string {
  return `  ${style.dim(name.padEnd(9))} ${value}`;
}

export const classes: Readonly<Record<NonNullable<ErrorEntry['class']>, string>> = {
  retry: 'retry: conjurer tries again by itself, soon',
  wait: 'wait: conjurer goes on asking, slowly, until a person has acted',
  terminal: 'terminal: conjurer stops',
};

function plain(name: string | undefined): string {
  return (name ?? '').trim().toLowerCase().replaceAll('_', '-');
}

function problemOf(code: ErrorCode): string | undefined {
  const entry: ErrorEntry = errorTable[code];
  return entry.problem;
}
