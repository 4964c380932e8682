import { resolve } from 'node:path';
import { nodeDisk } from '../../bootstrap/host/disk.ts';
import { createFiles } from '../../bootstrap/host/files.ts';
import type { CheckResult, PreflightReport } from '../../bootstrap/preflight/check.ts';
import type { Hint } from './hint.ts';
import type { Style } from './style.ts';

/** 3: a check failed; 4: none failed, some warn; 0: all is well. A check that could not tell (`error`) is no failure. */
export function statusOf({ verdict }: PreflightReport): number {
  return { pass: 0, warn: 4, fail: 3 }[verdict];
}

/** One line a check; for those that do not pass, what was seen and wanted, why it matters and what to do. */
export function checkList(report: PreflightReport, style: Style, hint: Hint): string {
  const count = (status: CheckResult['status']) => report.checks.filter(check => check.status === status).length;
  const tally = `${count('pass')} passed, ${count('warn')} warn, ${count('fail')} failed, ${count('skip')} skipped, ${count('error')} could not tell`;
  return [
    ...report.checks.flatMap(check => checkLines(check, style, hint)),
    '',
    `${verdicts[report.verdict](style, hint)} (${tally})`,
    ...(report.verdict === 'pass' ? [] : [hint('More on a check: conjurer explain ID')]),
  ].join('\n');
}

const verdicts: Readonly<Record<PreflightReport['verdict'], (style: Style, hint: Hint) => string>> = {
  pass: style => style.good('All is well.'),
  warn: style => style.warning('It will work, but see the warnings.'),
  fail: (style, hint) => style.bad(hint('Not ready: mend what failed, then: conjurer preflight')),
};

function checkLines(check: CheckResult, style: Style, hint: Hint): string[] {
  const marks: Readonly<Record<CheckResult['status'], string>> = {
    pass: style.good('[+]'),
    warn: style.warning('[!]'),
    fail: style.bad('[-]'),
    skip: style.dim('[ ]'),
    error: style.warning('[?]'),
  };
  const head = `${marks[check.status]} ${check.id.padEnd(20)} ${check.title}${check.observed === null ? '' : `: ${check.observed}`}`;
  if (check.status === 'pass' || check.status === 'skip') return [head];
  const more = (name: string, text: string | null) => (text === null ? [] : [`      ${name.padEnd(9)} ${text}`]);
  return [
    head,
    ...more('required', check.required),
    ...more('why', check.why),
    ...more('fix', check.fix === null ? null : hint(check.fix)),
    ...more('waived', check.waived === undefined ? null : `${check.waived.reason} (${check.waived.author})`),
  ];
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
    `<testsuite name="conjurer preflight" timestamp="${at}" tests="${checks.length}" failures="${count('fail')}" errors="${count('error')}" skipped="${count('skip')}">`,
    ...cases,
    '</testsuite>',
    '',
  ].join('\n');
}

function outcome(check: CheckResult): string {
  const text = xml(
    [
      `observed: ${check.observed ?? '-'}`,
      `required: ${check.required ?? '-'}`,
      check.why,
      `fix: ${check.fix ?? '-'}`,
    ].join('\n'),
  );
  const elements: Readonly<Record<CheckResult['status'], string>> = {
    pass: '',
    fail: `<failure message="${xml(check.title)}">${text}</failure>`,
    error: `<error message="${xml(check.title)}">${text}</error>`,
    skip: `<skipped message="${xml(check.why)}"/>`,
    warn: `<system-out>warning\n${text}</system-out>`,
  };
  return elements[check.status];
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
