import * as z from 'zod';
import type { Manifest } from '../components/manifest.ts';
import type { Facts } from '../facts/facts.ts';
import type { Files, Host } from '../host/host.ts';
import type { CheckId } from './check-table.ts';
import type { Outside } from './outside.ts';
import type { CheckSettings } from './settings.ts';
import type { Thresholds } from './thresholds.ts';

export const CheckStatus = z.enum(['pass', 'warn', 'fail', 'skip', 'error']);
/** `error`: it could not be told, which is no failure. */
export type CheckStatus = z.infer<typeof CheckStatus>;

export const Waiver = z.object({ reason: z.string(), author: z.string(), expires: z.string() });
export type Waiver = z.infer<typeof Waiver>;

/** One result of a preflight check, as the report carries it. */
export const CheckResult = z.object({
  id: z.string(),
  title: z.string(),
  phase: z.enum(['host', 'network']),
  status: CheckStatus,
  observed: z.string().nullable(),
  required: z.string().nullable(),
  why: z.string(),
  fix: z.string().nullable(),
  durationMs: z.number().nonnegative(),
  /** Who answers for going on although it failed. The status stays what it is. */
  waived: Waiver.optional(),
  /** It had another status in the last run that was kept. */
  changed: z.object({ from: CheckStatus }).optional(),
});
export type CheckResult = z.infer<typeof CheckResult>;

/** What `conjurer preflight --json` prints and call 1 may carry. `fail`: a check failed that nobody waived. */
export const PreflightReport = z.object({
  schema: z.literal('conjurer.preflight/v1'),
  at: z.iso.datetime({ precision: 0 }),
  verdict: z.enum(['pass', 'warn', 'fail']),
  checks: z.array(CheckResult),
});
export type PreflightReport = z.infer<typeof PreflightReport>;

/**
 * What a check saw. Where the table says that the check does not block, `fail` counts as `warn`. `required` is for a
 * threshold that the table cannot know. `fix`: what to type or to do, for a technician.
 */
export interface Finding {
  readonly status: CheckStatus;
  readonly observed: string;
  readonly required?: string;
  readonly fix?: string;
}

/** One fact about the machine. Title, phase, and whether it blocks stand in check-table.ts. */
export interface Check {
  readonly id: CheckId;
  /** Default 5,000. After that its signal is aborted, and the result is `error`. */
  readonly limitMs?: number;
  /** Reads only. An AgentError thrown is `error`: what a check could not read, it cannot judge. */
  run(context: CheckContext): Promise<Finding>;
}

/** What every check is given. The promises are shared: what two checks need is read once. */
export interface CheckContext {
  readonly host: Host;
  /** The machine's own disk, the tree of `host`: /etc, /usr, /var. */
  readonly disk: Files;
  /**
   * The kernel and the services that run: /proc, /sys, /run. null where the tree of `host` is not the system that runs
   * here (a mounted disk, a throw-away tree): what only a running system can say is then `skip`.
   */
  readonly running: Files | null;
  readonly uid: number;
  readonly facts: () => Promise<Facts>;
  /** The image's manifest, its signature verified; null: there is none, or none that can be trusted. */
  readonly manifest: () => Promise<Manifest | null>;
  readonly thresholds: () => Promise<Thresholds>;
  readonly settings: CheckSettings;
  readonly outside: Outside;
  /** Public keys that may sign a manifest beside those of the trust directory, PEM. */
  readonly builtInKeys: readonly string[];
  /** Aborted at the check's time limit, and when the person stops the program. */
  readonly signal: AbortSignal;
}

export function pass(observed: string, required?: string): Finding {
  return { status: 'pass', observed, ...(required === undefined ? {} : { required }) };
}

export function skip(observed: string): Finding {
  return { status: 'skip', observed };
}

/** Could not tell, and why. */
export function unknown(observed: string): Finding {
  return { status: 'error', observed };
}

/** For what only a running system can say: skipped for a tree that does not run here. */
export function onRunningSystem(look: (context: CheckContext, running: Files) => Promise<Finding>): Check['run'] {
  return async context =>
    context.running === null
      ? skip(`${context.host.root} is a tree of files, not the system that runs here`)
      : look(context, context.running);
}
