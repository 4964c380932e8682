import { createHash } from 'node:crypto';

export type OvaDigest = 'SHA256' | 'SHA1';

export interface ManifestLine {
  readonly name: string;
  readonly hex: string;
}

/** The `.mf` of an OVA. No blank stands before the bracket: some versions of vSphere refuse one. */
export function manifestText(digest: OvaDigest, lines: readonly ManifestLine[]): string {
  return lines.map(({ name, hex }) => `${digest}(${name})= ${hex}\n`).join('');
}

/** What a manifest says, or what is wrong with it: all of its lines must be of one kind. */
export function parseManifest(text: string): { digest: OvaDigest; lines: ManifestLine[] } | string {
  const found = text.split('\n').filter(line => line !== '');
  const parsed = found.map(line => /^(SHA256|SHA1)\(([^()/]+)\)= ([0-9a-f]+)$/.exec(line));
  const digest = parsed[0]?.[1];
  if (digest !== 'SHA256' && digest !== 'SHA1') return 'the manifest has no digest';
  const lines: ManifestLine[] = [];
  for (const [at, match] of parsed.entries()) {
    const [, kind, name = '', hex = ''] = match ?? [];
    if (kind !== digest || hex.length !== hexLength[digest]) return `the manifest has a wrong line: ${found[at]}`;
    lines.push({ name, hex });
  }
  return { digest, lines };
}

export async function digestOf(digest: OvaDigest, content: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<string> {
  const hash = createHash(digest);
  for await (const chunk of content) hash.update(chunk);
  return hash.digest('hex');
}

const hexLength: Readonly<Record<OvaDigest, number>> = { SHA256: 64, SHA1: 40 };
