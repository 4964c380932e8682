import * as z from 'zod';
import { CheckResult } from '../../../bootstrap/preflight/check.ts';
import { Attempt, recordingKinds } from '../flight-recorder/recording.ts';

const time = z.iso.datetime();
const text = z.string().nullable();
const count = z.int().nonnegative();

/** Who must act, in the words of the error table. */
export const Who = z.enum(['technician', 'controller-admin', 'image-builder', 'retry']);
export type Who = z.infer<typeof Who>;

/** Where something stands in the bundle. */
export const Citation = z.object({
  path: z.string(),
  /** From 1; null: it is about the file as a whole. */
  line: z.int().positive().nullable(),
  /** The line itself, cut around what counts. */
  text: z.string(),
  /** How many lines of this file say the same. */
  count,
});
export type Citation = z.infer<typeof Citation>;

/** `cause`: reason enough for a failure. `sign`: what follows from a cause, or may. `note`: worth knowing. */
export const Weight = z.enum(['cause', 'sign', 'note']);
export type Weight = z.infer<typeof Weight>;

export const ReportFinding = z.object({
  /** Of the rule; never changes its meaning. */
  id: z.string(),
  weight: Weight,
  title: z.string(),
  why: z.string(),
  who: Who,
  next: z.string(),
  /** Ids of findings that this one is the likely reason of. */
  explains: z.array(z.string()),
  /** Ids of findings that are the likely reason of this one. */
  explainedBy: z.array(z.string()),
  evidence: z.array(Citation).min(1),
});
export type ReportFinding = z.infer<typeof ReportFinding>;

export const Span = z.object({
  from: time,
  to: time,
  state: z.enum(['boot', 'done', 'failed', 'interrupted', 'waiting', 'running']),
  label: z.string(),
});
export type Span = z.infer<typeof Span>;

export const Mark = z.object({ at: time, kind: z.enum(['retry', 'failure']), label: z.string(), times: count });
export type Mark = z.infer<typeof Mark>;

export const Lane = z.object({
  group: z.enum(['boot', 'attempt', 'stage']),
  name: z.string(),
  spans: z.array(Span),
  marks: z.array(Mark),
});
export type Lane = z.infer<typeof Lane>;

export const Timeline = z.object({ from: time, to: time, lanes: z.array(Lane).min(1) });
export type Timeline = z.infer<typeof Timeline>;

export const Verdict = z.object({
  state: z.enum(['good', 'running', 'waiting', 'failed', 'unknown']),
  /** What stands, since when, who must do what: all of it in one sentence. */
  sentence: z.string(),
  since: time.nullable(),
  who: Who.nullable(),
  /** What to type or to do next. */
  next: z.string(),
  /** Id of the finding that the sentence names; null: none is reason enough. */
  cause: text,
});
export type Verdict = z.infer<typeof Verdict>;

export const ReportFailure = z.object({
  kind: z.enum(recordingKinds),
  /** It began it all. */
  first: z.boolean(),
  /** null: it is not known which boot it was. */
  beforeThisBoot: z.boolean().nullable(),
  /** How many others between this and the one before were let go. */
  dropped: count,
  attempt: Attempt,
});
export type ReportFailure = z.infer<typeof ReportFailure>;

export const ContentEntry = z.object({
  path: z.string(),
  group: z.string(),
  source: z.string(),
  outcome: z.enum(['ok', 'not-applicable', 'timed-out', 'failed', 'withheld']),
  reason: text,
  bytes: count,
  truncated: z.boolean(),
  redactions: count,
});
export type ContentEntry = z.infer<typeof ContentEntry>;

/** report.json. All times are RFC 3339 UTC; texts hold no control character but the line feed. */
export const ReportModel = z.object({
  schema: z.literal('conjurer.report/v1'),
  madeAt: time,
  agentVersion: z.string(),
  edgeName: text,
  bootedAt: time.nullable(),
  image: z.object({ name: z.string(), version: z.string(), buildId: z.string() }).nullable(),
  verdict: Verdict,
  /** The most telling first. */
  findings: z.array(ReportFinding),
  timeline: Timeline.nullable(),
  preflight: z.object({ at: time, verdict: z.string(), checks: z.array(CheckResult) }).nullable(),
  validation: z
    .object({
      at: time,
      depth: z.string(),
      verdict: z.string(),
      compared: count,
      wrong: z.array(
        z.object({
          component: z.string(),
          problem: z.string(),
          observed: text,
          expected: text,
          fix: text,
        }),
      ),
    })
    .nullable(),
  failures: z.array(ReportFailure),
  /** What is not in the bundle although it was looked for, or not whole. */
  missing: z.array(ContentEntry),
  contents: z.array(ContentEntry),
});
export type ReportModel = z.infer<typeof ReportModel>;
