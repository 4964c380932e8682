import type { ContentEntry, ReportFailure, ReportFinding, ReportModel } from './model.ts';
import { dateAndTime } from './time-text.ts';
import { laneText } from './timeline/timeline.ts';
import { actors } from './verdict.ts';

/** The report for a terminal: the same as the page, in the same order. */
export function plainText(model: ReportModel): string {
  const { verdict, image, bootedAt, timeline, preflight, validation, failures, missing, contents } = model;
  const loud = ['fail', 'warn', 'error'];
  const failing = loud.flatMap(loudness => preflight?.checks.filter(({ status }) => status === loudness) ?? []);
  const here = contents.filter(({ outcome }) => outcome !== 'not-applicable');
  const away = contents.length - here.length;
  return [
    verdict.sentence,
    `Next: ${verdict.next}`,
    '',
    `made      ${dateAndTime(model.madeAt)} by conjurer ${model.agentVersion}`,
    `started   ${bootedAt === null ? 'not known' : dateAndTime(bootedAt)}`,
    `image     ${image === null ? 'no manifest' : `${image.name} ${image.version} (${image.buildId})`}`,
    ...part('Findings', model.findings.flatMap(findingLines)),
    ...part('Timeline', timeline?.lanes.map(lane => `  ${lane.name.padEnd(14)} ${laneText(lane)}`) ?? []),
    ...part(
      `Checks that did not pass (of ${preflight?.checks.length ?? 0})`,
      failing.flatMap(({ id, status, observed, required, fix }) => [
        `  ${status.padEnd(6)} ${id}: ${observed ?? '-'}`,
        ...more('required', required),
        ...more('fix', fix),
      ]),
    ),
    ...part(
      `Components that are not as the manifest says (of ${validation?.compared ?? 0})`,
      (validation?.wrong ?? []).flatMap(({ component, problem, observed, expected, fix }) => [
        `  ${component}: ${problem}`,
        ...more('observed', observed),
        ...more('expected', expected),
        ...more('fix', fix),
      ]),
    ),
    ...part('What failed before', failures.flatMap(failureLines)),
    ...part('What is missing, and why', missing.map(entryLine)),
    ...part(`What is in the bundle (${away} more do not apply to this machine)`, here.map(entryLine)),
    '',
  ].join('\n');
}

function part(title: string, lines: readonly string[]): string[] {
  return ['', title, ...(lines.length === 0 ? ['  none'] : lines)];
}

function findingLines(finding: ReportFinding): string[] {
  const { weight, title, why, who, next, explainedBy, evidence } = finding;
  return [
    `  [${weight}] ${title}`,
    `      ${why}`,
    ...(explainedBy[0] === undefined ? [] : [`      likely because of: ${explainedBy.join(', ')}`]),
    `      next, by ${actors[who]}: ${next}`,
    ...evidence.flatMap(({ path, line, text }) => [
      `      ${path}${line === null ? '' : `:${line}`}`,
      `          ${text}`,
    ]),
  ];
}

function failureLines({ kind, first, beforeThisBoot, attempt }: ReportFailure): string[] {
  const { startedAt, times, stages, error, retries, checks, findings } = attempt;
  const where = stages.findLast(({ state }) => state !== 'done');
  const notes = [first ? 'first' : '', times > 1 ? `${times} times` : '', beforeThisBoot ? 'before this boot' : ''];
  const told = notes.filter(note => note !== '').join(', ');
  return [
    `  ${dateAndTime(startedAt)} ${kind}${where === undefined ? '' : ` in ${where.name}`}${told === '' ? '' : ` (${told})`}`,
    ...(error === null ? [] : [`      ${error.code}: ${error.message}`]),
    ...retries.map(({ call, code, times: often }) => `      ${call}: ${code}, ${often} times`),
    ...checks.map(({ id, status, observed }) => `      ${id} ${status}: ${observed ?? '-'}`),
    ...findings.map(({ component, problem }) => `      ${component}: ${problem}`),
  ];
}

function entryLine({ path, outcome, reason, truncated, bytes }: ContentEntry): string {
  return `  ${outcome.padEnd(14)} ${path}, ${bytes} bytes${truncated ? ', its middle was left out' : ''}${reason === null ? '' : `: ${reason}`}`;
}

function more(name: string, text: string | null): string[] {
  return text === null ? [] : [`         ${name}: ${text}`];
}
