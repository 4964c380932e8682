import type { ValidationReport } from '../bootstrap/components/report.ts';
import { AgentError } from '../bootstrap/errors.ts';
import type { ValidateRequest } from './agent.ts';
import type { Base } from './assemble.ts';
import { builtInKeys } from './built-in-keys.ts';
import { openState } from './enrolment/state.ts';
import { hashProgress } from './hash-progress.ts';

/** What the image should hold, compared with what is here. Throws E_MANIFEST_MISSING where the machine has no manifest. */
export async function validate(
  { host, uid, bus }: Base,
  { depth }: ValidateRequest,
  signal: AbortSignal,
): Promise<ValidationReport> {
  const { validateComponents } = await import('../bootstrap/components/validate.ts');
  const report = await validateComponents({
    host,
    depth,
    builtInKeys,
    uid,
    background: await servesOthers(host),
    progress: hashProgress(host.clock, bus),
    signal,
  });
  if (report !== null) return report;
  throw new AgentError('E_MANIFEST_MISSING', 'this machine has no component manifest', {
    seen: 'no /usr/share/conjurer/manifest.json',
    wanted: 'the signed manifest of the image',
  });
}

/** A machine that was handed off runs the site's work. */
async function servesOthers({ files }: Base['host']): Promise<boolean> {
  const handoff = await openState(files)
    .handoff.read()
    .catch(() => null);
  return handoff !== null;
}
