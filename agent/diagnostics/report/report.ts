import { isFailure } from '../../../bootstrap/components/finding.ts';
import { recordingKinds } from '../flight-recorder/recording.ts';
import { correlate } from './correlate.ts';
import { createAgentFacts } from './facts.ts';
import { page } from './html/page.ts';
import type { Report, ReportInput } from './input.ts';
import type { ContentEntry, ReportFailure, ReportModel } from './model.ts';
import { printableValue } from './printable.ts';
import { rules } from './rules/all.ts';
import { createSearch, type Reader } from './search.ts';
import { plainText } from './text.ts';
import { createBootReader } from './timeline/boot.ts';
import { createLogReader } from './timeline/log-events.ts';
import { makeTimeline } from './timeline/timeline.ts';
import { judge } from './verdict.ts';

/** Reads each entry that someone wants once, and says in three forms what stands and why. */
export async function makeReport(input: ReportInput): Promise<Report> {
  const model = printableValue(await makeModel(input));
  return { html: page(model), json: `${JSON.stringify(model, null, 2)}\n`, text: plainText(model) };
}

async function makeModel(input: ReportInput): Promise<ReportModel> {
  const { edgeName, agentVersion, image, preflight, validation, entries } = input;
  const search = createSearch(rules.flatMap(({ needs, backing = [] }) => [...needs.flat(), ...backing]));
  const log = createLogReader();
  const boot = createBootReader();
  const isTelling = (path: string) => input.isTelling?.(path) ?? true;
  await readAll(input, [{ ...search, wants: path => search.wants(path) && isTelling(path) }, log, boot]);
  const facts = createAgentFacts(input);
  const isText = ['line', 'no-line'];
  const findings = await correlate(rules, async clue =>
    isText.includes(clue.kind) ? search.found(clue) : facts.found(clue),
  );
  const contents = entries.map(contentEntry);
  return {
    schema: 'conjurer.report/v1',
    madeAt: input.madeAt.toISOString(),
    agentVersion,
    edgeName,
    bootedAt: input.bootedAt?.toISOString() ?? null,
    image,
    verdict: judge(input, findings),
    findings,
    timeline: makeTimeline(input, log.events(), boot),
    preflight: preflight && { at: preflight.at, verdict: preflight.verdict, checks: preflight.checks },
    validation: validation && {
      at: validation.at,
      depth: validation.depth,
      verdict: validation.verdict,
      compared: new Set(validation.findings.map(({ component }) => component)).size,
      wrong: validation.findings
        .filter(isFailure)
        .map(({ component, problem, observed, expected, fix }) => ({ component, problem, observed, expected, fix })),
    },
    failures: failures(input),
    missing: contents.filter(
      ({ outcome, truncated }) => truncated || (outcome !== 'ok' && outcome !== 'not-applicable'),
    ),
    contents,
  };
}

async function readAll({ entries, read }: ReportInput, readers: readonly Reader[]): Promise<void> {
  for (const { path, bytes } of entries) {
    const wanting = bytes === 0 ? [] : readers.filter(reader => reader.wants(path));
    const text = wanting.length === 0 ? null : await read(path);
    if (text !== null) for (const reader of wanting) reader.take(path, text);
  }
}

/** The first failure of each kind, then what came after it. */
function failures({ recordings, bootedAt }: ReportInput): ReportFailure[] {
  return recordingKinds.flatMap(kind => {
    const recording = recordings[kind];
    if (recording === null) return [];
    const { first, recent, dropped } = recording;
    const all = [...(first === null ? [] : [first]), ...recent];
    return all.map((attempt, at) => ({
      kind,
      first: at === 0,
      beforeThisBoot: bootedAt === null ? null : Date.parse(attempt.endedAt ?? attempt.startedAt) < bootedAt.getTime(),
      dropped: at === 0 ? dropped : 0,
      attempt,
    }));
  });
}

function contentEntry(entry: ReportInput['entries'][number]): ContentEntry {
  const { path, group, source, outcome, reason, bytes, truncated } = entry;
  const redactions = Object.values(entry.redactions).reduce((sum, count) => sum + count, 0);
  return { path, group, source, outcome, reason, bytes, truncated, redactions };
}
