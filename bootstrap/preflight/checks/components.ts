import { type Finding as ComponentFinding, isFailure } from '../../components/finding.ts';
import { openManifest } from '../../components/open-manifest.ts';
import { readVerified } from '../../components/verified.ts';
import { AgentError } from '../../errors.ts';
import { hint } from '../../facts/text.ts';
import { type Check, type CheckContext, type Finding, pass, skip, unknown } from '../check.ts';

export const componentChecks: readonly Check[] = [
  { id: 'manifest', run: lookAtManifest },
  { id: 'quick-validation', limitMs: 60_000, run: validateQuickly },
];

async function lookAtManifest({ host: { files }, builtInKeys, uid }: CheckContext): Promise<Finding> {
  try {
    // An older manifest is noticed by root alone, who may read what this machine has verified before.
    const opened = await openManifest({ files, builtInKeys, uid }, await hint(readVerified(files)));
    if (opened === null) return skip('this machine has no component manifest');
    const { manifest, key } = opened;
    return pass(`${manifest.image}, build ${manifest.buildId}, signed by ${key.id.slice(0, 16)}`);
  } catch (error) {
    if (!(error instanceof AgentError) || error.code === 'E_HOST_FILE') throw error;
    const { message, seen, next } = error;
    return { status: 'fail', observed: seen === undefined ? message : `${message}: ${seen}`, fix: next };
  }
}

/** What can be told without reading the content; nothing is noted down, unlike in a validation that was asked for. */
async function validateQuickly({ host, builtInKeys, uid, manifest, signal }: CheckContext): Promise<Finding> {
  if ((await manifest()) === null) return skip('there is no manifest that could be trusted');
  const { validateComponents } = await import('../../components/validate.ts');
  const validation = await validateComponents({
    host,
    depth: 'quick',
    builtInKeys,
    uid,
    background: true,
    remembers: false,
    progress: { expect: () => undefined, read: () => undefined },
    signal,
  });
  return judgeComponents(validation?.report.findings ?? []);
}

export function judgeComponents(findings: readonly ComponentFinding[]): Finding {
  const failures = findings.filter(isFailure);
  const [first] = failures;
  if (first === undefined) return pass(`${findings.length} findings, all as the manifest says`);
  const named = failures.map(({ component, problem }) => `${component} (${problem})`);
  const shown = named.length > 5 ? `${named.slice(0, 5).join(', ')} and ${named.length - 5} more` : named.join(', ');
  if (failures.every(({ status }) => status === 'could-not-tell')) return unknown(`could not tell of ${shown}`);
  const fix = failures.some(({ repairable }) => repairable) ? 'conjurer validate --repair' : 'conjurer validate';
  return { status: 'fail', observed: shown, fix };
}
