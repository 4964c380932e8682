import { AgentError } from '../../bootstrap/errors.ts';
import type { BundleLook } from '../agent.ts';
import type { SignatureVerdict } from '../diagnostics/bundle/verify.ts';
import type { VersionedObject } from './render.ts';
import type { Style } from './style.ts';

/** Throws E_BUNDLE_INVALID that names what does not fit. */
export function requireIntact({ verdict: { problems } }: BundleLook, file: string): void {
  const [first] = problems;
  if (first === undefined) return;
  const more = problems.length === 1 ? '' : ` and ${problems.length - 1} more`;
  throw new AgentError('E_BUNDLE_INVALID', `${file} is not as it was made: ${first}${more}`, {
    seen: problems.slice(0, 20).join('; '),
    data: { problems: problems.length },
  });
}

export function lookText(action: 'inspect' | 'verify', looked: BundleLook, style: Style): string {
  const { manifest, files, encrypted } = looked.opened;
  const { problems, signature } = looked.verdict;
  const head = [
    `${looked.opened.folder}${encrypted ? '' : `  ${style.warning('not encrypted')}`}`,
    `made ${manifest.madeAt} by conjurer ${manifest.conjurer.version}${manifest.privileged ? '' : ', not as root'}`,
    `${files.length} files; ${problems.length === 0 ? 'each as it was made' : style.bad(`${problems.length} do not fit`)}`,
    signatureText(signature),
    ...problems.map(problem => `  ${problem}`),
  ];
  if (action === 'verify') return head.join('\n');
  const rows = manifest.entries.map(({ path, outcome, bytes, truncated, reason, redactions }) => {
    const hidden = Object.values(redactions).reduce((sum, count) => sum + count, 0);
    const notes = [truncated ? 'cut' : '', hidden > 0 ? `${hidden} redacted` : '', reason ?? ''].filter(
      note => note !== '',
    );
    return `${outcome.padEnd(14)} ${String(bytes).padStart(9)}  ${path}${notes.length === 0 ? '' : `  (${notes.join('; ')})`}`;
  });
  return [...head, '', ...rows].join('\n');
}

export function lookObject(action: 'inspect' | 'verify', { opened, verdict }: BundleLook): VersionedObject {
  const { manifest, encrypted, folder } = opened;
  const { entries, signature: _, ...about } = manifest;
  return {
    schema: 'conjurer.bundle-look/v1',
    action,
    folder,
    encrypted,
    bundle: about,
    intact: verdict.problems.length === 0,
    problems: verdict.problems,
    signature: verdict.signature,
    entries: action === 'inspect' ? entries : entries.length,
  };
}

function signatureText(signature: SignatureVerdict): string {
  if (signature.state === 'none') return 'not signed: the machine had no key of its own';
  const { state, keyFingerprint, why } = signature;
  if (state === 'valid') return `signed by ${why} (${keyFingerprint})`;
  if (state === 'valid-unknown') return `signed by ${keyFingerprint}; ${why}`;
  return `the signature of ${keyFingerprint} does not fit: ${why}`;
}
