import { resolve } from 'node:path';
import { AgentError } from '../bootstrap/errors.ts';
import type { BundleLook, OpenBundleRequest } from './agent.ts';
import type { Base } from './assemble.ts';
import { openBundle } from './diagnostics/bundle/open-bundle.ts';
import { verifyBundle } from './diagnostics/bundle/verify.ts';
import { openState } from './enrolment/state.ts';

/** Reads a bundle whole. Throws E_BUNDLE_ENCRYPTED, E_BUNDLE_INVALID for what is none, and E_USAGE for missing files. */
export async function lookIntoBundle(base: Base, request: OpenBundleRequest): Promise<BundleLook> {
  const { file, identityFile, caFile, show } = request;
  const identity = identityFile === null ? null : await typedText(base, '--identity', identityFile);
  const opened = await openBundle(resolve(file), { identity, wanted: show });
  const cas = caFile === null ? await pinnedCas(base) : certificatesIn(caFile, await typedText(base, '--ca', caFile));
  return { opened, verdict: verifyBundle(opened, cas) };
}

async function typedText({ typed }: Base, flag: string, path: string): Promise<string> {
  const text = await typed.files.readText(resolve(path));
  if (text !== null) return text;
  throw new AgentError('E_USAGE', `${flag} names a file that is not there: ${path}`, { next: `ls -l ${path}` });
}

function certificatesIn(path: string, text: string): string[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (blocks !== null) return blocks;
  throw new AgentError('E_USAGE', `--ca names a file without a certificate: ${path}`, { next: `head -1 ${path}` });
}

/** On a machine that is enrolled its own Controller is known; elsewhere, or as another user, nobody is. */
async function pinnedCas({ host }: Base): Promise<readonly string[]> {
  const trust = await openState(host.files)
    .trust.read()
    .catch(() => null);
  return trust?.cas ?? [];
}
