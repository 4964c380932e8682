import * as z from 'zod';

const time = z.iso.datetime();
const text = z.string().nullable();

const RecordedError = z.object({
  code: z.string(),
  message: z.string(),
  seen: text,
  wanted: text,
  check: text,
  next: z.string(),
  /** What the Controller named its answer with, and whatever else the error carried. */
  data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
export type RecordedError = z.infer<typeof RecordedError>;

/** One attempt at bringing this machine up or at checking it. Times are RFC 3339 UTC, by the clock of that moment. */
export const Attempt = z.object({
  /** As typed: "run", "preflight". */
  command: z.string(),
  version: z.string(),
  /** Of the kernel that it ran on: another one means that the machine was restarted since. */
  bootId: text,
  startedAt: time,
  /** null: it never said how it ended, since it was killed or the power went. */
  endedAt: time.nullable(),
  /** So many attempts in a row failed in the same way; what is told of them is the newest one's. */
  times: z.int().positive(),
  stages: z.array(
    z.object({
      name: z.string(),
      state: z.enum(['running', 'done', 'failed', 'interrupted']),
      from: time,
      to: time.nullable(),
    }),
  ),
  /** Calls to the Controller that were repeated. */
  retries: z.array(
    z.object({ call: z.string(), code: z.string(), times: z.int().positive(), firstAt: time, lastAt: time }),
  ),
  /** What the Controller answered that a person has to decide. */
  waits: z.array(z.object({ what: z.string(), who: z.string(), code: text, since: time })),
  error: RecordedError.nullable(),
  /** Preflight checks that did not pass. */
  checks: z.array(z.object({ id: z.string(), status: z.string(), observed: text, required: text, fix: text })),
  /** Components that are not as the manifest says. */
  findings: z.array(
    z.object({ component: z.string(), problem: z.string(), observed: text, expected: text, fix: text }),
  ),
});
export type Attempt = z.infer<typeof Attempt>;

/** What is kept of one kind of attempt: /var/lib/conjurer/flight-recorder/KIND.json. */
export const Recording = z.object({
  schema: z.literal('conjurer.flight-recorder/v1'),
  /** The failure that began it all: the first since the machine was last in order. */
  first: Attempt.nullable(),
  /** Later ones, oldest first. */
  recent: z.array(Attempt),
  /** So many between `first` and `recent` were let go. */
  dropped: z.int().nonnegative(),
  /** The attempt that is under way; of a process that is gone: that was cut off. */
  open: Attempt.nullable(),
  /** Since when no attempt has failed any more; null: the last one failed. */
  settledAt: time.nullable(),
});
export type Recording = z.infer<typeof Recording>;

/** One recording for each way to fail, so that no two processes write the same file. */
export const recordingKinds = ['run', 'preflight', 'validate'] as const;
export type RecordingKind = (typeof recordingKinds)[number];

/** null: nothing has failed, or what was written cannot be read. */
export type Recordings = { readonly [Kind in RecordingKind]: Recording | null };
