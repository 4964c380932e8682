import { resolve } from 'node:path';
import { nodeDisk } from '../../bootstrap/host/disk.ts';
import { createFiles } from '../../bootstrap/host/files.ts';
import type { CheckResult, PreflightReport } from '../../bootstrap/preflight/check.ts';
import { blocking } from '../../bootstrap/preflight/report.ts';
import type { Hint } from './hint.ts';
import type { Style } from './style.ts';
import { wrapped } from './wrapped.ts';

/** 3: a check failed; 4: none failed, some warn; 0: all is well. A check that could not tell (`error`) is no failure. */
export function statusOf({ verdict }: PreflightReport): number {
  return { pass: 0, warn: 4, fail: 3 }[verdict];
}

/** One line a check; for those that do not pass, what was seen and wanted, why it matters and what to do. */
export function checkList(report: PreflightReport, style: Style, hint: Hint): string {
  const { checks, verdict } = report;
  const count = (status: CheckResult['status']) => checks.filter(check => check.status === status).length;
  const waived = checks.filter(check => check.waived !== undefined).length;
  const tally = [
    `${count('pass')} passed`,
    `${count('warn')} warn`,
    `${count('fail')} failed`,
    ...(waived === 0 ? [] : [`${waived} of those waived`]),
    `${count('skip')} skipped`,
    `${count('error')} could not tell`,
  ].join(', ');
  const changed = checks.filter(check => check.changed !== undefined).map(({ id }) => id);
  const width = Math.max(0, ...checks.map(({ id }) => id.length));
  return [
    ...checks.filter(check => !isFolded(check, checks)).flatMap(check => checkLines(check, width, style, hint)),
    ...foldedSkips(checks, style),
    '',
    ...(changed.length === 0 ? [] : [`Changed since the last run: ${changed.join(', ')}`]),
    `${verdicts[verdict](style, hint)} (${tally})`,
    ...(verdict === 'pass' ? [] : [hint('More on a check: conjurer explain ID')]),
  ].join('\n');
}

/** Where so many were skipped for one reason, it is said once, and not with each. */
const FOLD = 3;

function isFolded({ status, observed }: CheckResult, checks: readonly CheckResult[]): boolean {
  const isAlike = (other: CheckResult) => other.status === 'skip' && other.observed === observed;
  return status === 'skip' && checks.filter(isAlike).length >= FOLD;
}

function foldedSkips(checks: readonly CheckResult[], style: Style): string[] {
  const folded = checks.filter(check => isFolded(check, checks));
  const reasons = [...new Set(folded.map(({ observed }) => observed))];
  return reasons.flatMap(reason => {
    const ids = folded.filter(({ observed }) => observed === reason).map(({ id }) => id);
    const text = `${ids.length} checks skipped: ${reason ?? 'they do not concern this machine'}`;
    return [`${style.dim('[ ]')} ${text}`, ...wrapped(ids.join(', '), 100).map(line => style.dim(`      ${line}`))];
  });
}

const verdicts: Readonly<Record<PreflightReport['verdict'], (style: Style, hint: Hint) => string>> = {
  pass: style => style.good('All is well.'),
  warn: style => style.warning('It will work, but see the warnings.'),
  fail: (style, hint) => style.bad(hint('Not ready: mend what failed, then: conjurer preflight')),
};

function checkLines(check: CheckResult, width: number, style: Style, hint: Hint): string[] {
  const { id, status, title, observed, required, why, fix, waived, changed } = check;
  const seen = observed === null ? '' : `: ${observed}`;
  const before = changed === undefined ? '' : style.bold(` (changed: ${words[changed.from]} before)`);
  const head = `${mark(check, style)} ${id.padEnd(width)} ${title}${seen}${before}`;
  if (status === 'pass' || status === 'skip') return [head];
  const more = (name: string, text: string | null) => (text === null ? [] : [`      ${name.padEnd(9)} ${text}`]);
  return [
    head,
    ...more('required', required),
    ...more('why', why),
    ...more('fix', fix === null ? null : hint(fix)),
    ...more('waived', waived === undefined ? null : waiverText(waived)),
  ];
}

/** What failed and is waived holds nothing up, as a warning does. */
function mark({ status, waived }: CheckResult, style: Style): string {
  if (status === 'fail' && waived !== undefined) return style.warning('[!]');
  const marks: Readonly<Record<CheckResult['status'], string>> = {
    pass: style.good('[+]'),
    warn: style.warning('[!]'),
    fail: style.bad('[-]'),
    skip: style.dim('[ ]'),
    error: style.warning('[?]'),
  };
  return marks[status];
}

const words: Readonly<Record<CheckResult['status'], string>> = {
  pass: 'passed',
  warn: 'warned',
  fail: 'failed',
  skip: 'skipped',
  error: 'could not tell',
};

function waiverText({ reason, author, expires }: NonNullable<CheckResult['waived']>): string {
  return `by ${author} until ${expires}: ${reason}`;
}

/** The report as JUnit XML: one test case a check. */
export function junitReport({ at, checks }: PreflightReport): string {
  const count = (status: CheckResult['status']) => checks.filter(check => check.status === status).length;
  const cases = checks.map(
    check =>
      `  <testcase classname="conjurer.${check.phase}" name="${xml(check.id)}" time="${(check.durationMs / 1000).toFixed(3)}">${outcome(check)}</testcase>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="conjurer preflight" timestamp="${at}" tests="${checks.length}" failures="${blocking(checks).length}" errors="${count('error')}" skipped="${count('skip')}">`,
    ...cases,
    '</testsuite>',
    '',
  ].join('\n');
}

function outcome(check: CheckResult): string {
  const { status, title, observed, required, why, fix, waived } = check;
  const lines = [`observed: ${observed ?? '-'}`, `required: ${required ?? '-'}`, why, `fix: ${fix ?? '-'}`];
  if (waived !== undefined) lines.push(`waived ${waiverText(waived)}`);
  const text = xml(lines.join('\n'));
  if (status === 'fail' && waived !== undefined) return `<system-out>failed, waived\n${text}</system-out>`;
  const elements: Readonly<Record<CheckResult['status'], string>> = {
    pass: '',
    fail: `<failure message="${xml(title)}">${text}</failure>`,
    error: `<error message="${xml(title)}">${text}</error>`,
    skip: `<skipped message="${xml(observed ?? why)}"/>`,
    warn: `<system-out>warning\n${text}</system-out>`,
  };
  return elements[status];
}

/** Characters that XML 1.0 cannot hold in any form are left out. */
function xml(text: string): string {
  const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return Array.from(text)
    .filter(character => character >= ' ' || character === '\n' || character === '\t')
    .join('')
    .replace(/[&<>"]/g, character => escapes[character] ?? character);
}

/** Writes to the path as the person typed it, whole. */
export async function writeReport(typed: string, text: string): Promise<void> {
  await createFiles(nodeDisk, '/').write(resolve(typed), text, 0o644);
}
