import type { ManifestSummary } from '../agent.ts';

/** What was done with a manifest, and what comes next. */
export function manifestText(action: 'create' | 'sign' | 'verify', summary: ManifestSummary): string {
  const { path, image, buildId, builtAt, components, sha256, keyId } = summary;
  const heads = {
    create: `Wrote ${path}`,
    sign: `Signed ${path}`,
    verify: `The signature of ${path} is right`,
  };
  return [
    heads[action],
    `  image       ${image}`,
    `  build       ${buildId}, ${builtAt}`,
    `  components  ${components}`,
    `  sha256      ${sha256}`,
    ...(keyId === null ? [] : [`  key         ${keyId}`]),
    ...(action === 'create' ? ['Next: conjurer manifest sign --key FILE'] : []),
  ].join('\n');
}
