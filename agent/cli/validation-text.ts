import type { Finding } from '../../bootstrap/components/finding.ts';
import type { ValidationReport } from '../../bootstrap/components/report.ts';
import type { Style } from './style.ts';

/** What is not as declared, each with its fix; of what is right only how much there is. */
export function validationText(report: ValidationReport, style: Style): string {
  const { manifest, depth, findings, durationMs, readBytes, verdict } = report;
  const right = findings.filter(({ status }) => status === 'ok').length;
  const others = findings.filter(({ status }) => status !== 'ok');
  const read = readBytes === 0 ? 'nothing had to be read' : `${Math.ceil(readBytes / (1024 * 1024))} MiB read`;
  return [
    `${manifest.image} (build ${manifest.buildId}), signed by ${manifest.keyId.slice(0, 16)}`,
    ...report.repaired.map(({ change, problem }) =>
      problem === null
        ? `${style.good('[+]')} repaired ${change}`
        : `${style.bad('[-]')} not repaired ${change}: ${problem}`,
    ),
    ...others.flatMap(finding => findingLines(finding, style)),
    '',
    `${verdictText(report, style)} (${depth}: ${right} right, ${others.length} told; ${read}, ${durationMs} ms)`,
    ...(verdict === 'ok' ? [] : [nextStep(others)]),
  ].join('\n');
}

function verdictText({ verdict }: ValidationReport, style: Style): string {
  return verdict === 'ok' ? style.good('All components are as declared.') : style.bad('Components do not match.');
}

function findingLines({ component, status, problem, observed, expected, fix }: Finding, style: Style): string[] {
  const marks: Readonly<Record<Finding['status'], string>> = {
    ok: style.good('[+]'),
    note: style.dim('[ ]'),
    'could-not-tell': style.warning('[?]'),
    missing: style.bad('[-]'),
    altered: style.bad('[-]'),
    unexpected: style.bad('[-]'),
  };
  const more = (name: string, text: string | null) => (text === null ? [] : [`      ${name.padEnd(9)} ${text}`]);
  return [
    `${marks[status]} ${component}: ${status} (${problem})`,
    ...more('observed', observed),
    ...more('expected', expected),
    ...more('fix', fix),
  ];
}

function nextStep(findings: readonly Finding[]): string {
  return findings.some(({ repairable }) => repairable)
    ? 'Next: conjurer validate --repair'
    : 'Next: mend what is named, then: conjurer validate';
}
