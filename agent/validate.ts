import type { Depth, Progress } from '../bootstrap/components/finding.ts';
import type { Repaired, ValidationReport } from '../bootstrap/components/report.ts';
import type { Validation } from '../bootstrap/components/validate.ts';
import { AgentError } from '../bootstrap/errors.ts';
import type { HashThread } from '../bootstrap/host/hash-thread.ts';
import type { ValidateRequest } from './agent.ts';
import type { Base } from './assemble.ts';
import { builtInKeys } from './built-in-keys.ts';
import { paths } from './config/paths.ts';
import { hashProgress } from './hash-progress.ts';

/**
 * What the image should hold, compared with what is here; with `repair` what can be mended is, under the run lock, and
 * all is compared again. Throws E_MANIFEST_MISSING where the machine has no manifest, and E_LOCKED.
 */
export async function validate(
  base: Base,
  { depth, repair, begun }: ValidateRequest,
  signal: AbortSignal,
): Promise<ValidationReport> {
  const progress = () => hashProgress(base.host.clock, base.bus);
  if (!repair) return (await (begun?.result(progress()) ?? examine(base, depth, progress(), signal))).report;
  const { acquireRunLock } = await import('./pipeline/run-lock.ts');
  const { files, clock } = base.host;
  const lock = await acquireRunLock({ files, processes: base.processes, now: () => clock.now() }, 'conjurer validate');
  try {
    const before = await examine(base, depth, progress(), signal);
    const repaired = await mend(base, before, signal);
    if (repaired.length === 0) return before.report;
    const { report } = await examine(base, depth, progress(), signal);
    return { ...report, repaired };
  } finally {
    await lock.release();
  }
}

/** Compares once. `ready`: threads that hash, which are ended with it. Throws as `validate`. */
export async function examine(
  { host, uid, ready = [] }: Pick<Base, 'host' | 'uid'> & { readonly ready?: readonly HashThread[] },
  depth: Depth,
  progress: Progress,
  signal: AbortSignal,
): Promise<Validation> {
  try {
    const background = await servesOthers(host);
    const { validateComponents } = await import('../bootstrap/components/validate.ts');
    const options = { host, depth, builtInKeys, uid, background, ready, progress, signal };
    const validation = await validateComponents(options);
    if (validation !== null) return validation;
  } finally {
    for (const thread of ready) thread.end();
  }
  throw new AgentError('E_MANIFEST_MISSING', 'this machine has no component manifest', {
    seen: 'no /usr/share/conjurer/manifest.json',
    wanted: 'the signed manifest of the image',
  });
}

/** One repair that fails does not keep the others from being made. Nothing is journaled: the undo would be the damage. */
async function mend(base: Base, { manifest, report }: Validation, signal: AbortSignal): Promise<Repaired[]> {
  const { planRepairs } = await import('../bootstrap/components/repair.ts');
  const changes = planRepairs(manifest, report.findings);
  if (changes.length === 0) return [];
  const { assemble } = await import('./assemble.ts');
  const { onlyLooking } = await import('./plan-stages.ts');
  const { applyAndCheck, kindOf } = await import('./pipeline/apply-change.ts');
  const { enrolment, kinds } = await assemble(base, onlyLooking, signal);
  const repaired: Repaired[] = [];
  try {
    for (const change of changes) {
      signal.throwIfAborted();
      const problem = await kindOf(kinds, change)
        .isDone(change, base.host)
        .then(done => (done ? undefined : applyAndCheck(change, kinds, base.host, signal)))
        .then(() => null, whyNot);
      repaired.push({ change: change.id, problem });
    }
  } finally {
    await enrolment.link.close();
  }
  return repaired;
}

function whyNot(error: unknown): string {
  if (error instanceof AgentError && error.code !== 'E_BUG') return `${error.code}: ${error.message}`;
  throw error;
}

/** A machine that was handed off runs the site's work. */
async function servesOthers({ files }: Base['host']): Promise<boolean> {
  return (await files.stat(paths.handoff)) !== null;
}
