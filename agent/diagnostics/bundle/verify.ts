import { verify, X509Certificate } from 'node:crypto';
import { keyFingerprint } from '../../controller/identity/fingerprint.ts';
import { followChain } from '../../controller/identity/follow-chain.ts';
import { type BundleManifest, manifestName, signedBytes } from './manifest.ts';
import type { OpenedBundle } from './open-bundle.ts';

export interface BundleVerdict {
  /** What does not fit; [] where everything does. */
  readonly problems: readonly string[];
  readonly signature: SignatureVerdict;
}

/**
 * valid: by a node that these CAs vouch for. valid-unknown: the bytes are as they were signed, and nobody says whose key
 * that is. none: the machine had no key.
 */
export type SignatureVerdict =
  | { readonly state: 'none' }
  | { readonly state: 'valid' | 'valid-unknown' | 'invalid'; readonly keyFingerprint: string; readonly why: string };

/** Whether a bundle holds what its manifest names and nothing else, and who signed that. `cas`: PEM; []: none known. */
export function verifyBundle({ manifest, files }: OpenedBundle, cas: readonly string[]): BundleVerdict {
  const signature = verifySignature(manifest, cas);
  const problems = [...fileProblems(manifest, files)];
  if (signature.state === 'invalid') problems.push(`the signature does not fit: ${signature.why}`);
  return { problems, signature };
}

function* fileProblems(manifest: BundleManifest, files: OpenedBundle['files']): Generator<string> {
  const wanted = new Map(manifest.entries.flatMap(entry => (entry.sha256 === null ? [] : [[entry.path, entry]])));
  if (files.at(-1)?.path !== manifestName) yield `${manifestName} is not the last file`;
  const seen = new Set<string>();
  for (const { path, sha256 } of files) {
    if (seen.has(path)) yield `${path} is there twice`;
    seen.add(path);
    if (path === manifestName) continue;
    const entry = wanted.get(path);
    if (entry === undefined) yield `${path} is not in the manifest`;
    else if (entry.sha256 !== sha256) yield `${path} is not the file that was put in`;
  }
  for (const path of wanted.keys()) if (!seen.has(path)) yield `${path} is missing`;
}

function verifySignature({ signature, ...manifest }: BundleManifest, cas: readonly string[]): SignatureVerdict {
  if (signature === null) return { state: 'none' };
  const verdict = (state: 'valid' | 'valid-unknown' | 'invalid', why: string): SignatureVerdict => ({
    state,
    keyFingerprint: signature.keyFingerprint,
    why,
  });
  if (signature.certificate === null) return verdict('invalid', 'it comes without a certificate');
  try {
    const blocks = signature.certificate.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    const [leaf, ...above] = blocks.map(block => new X509Certificate(block));
    if (leaf === undefined) return verdict('invalid', 'it comes without a certificate');
    const spki = leaf.publicKey.export({ type: 'spki', format: 'der' });
    if (keyFingerprint(spki) !== signature.keyFingerprint)
      return verdict('invalid', 'its certificate is of another key');
    const key = { key: leaf.publicKey, dsaEncoding: 'ieee-p1363' } as const;
    if (!verify('sha256', signedBytes(manifest), key, Buffer.from(signature.value, 'base64url'))) {
      return verdict('invalid', 'the manifest was changed after it was signed');
    }
    if (leaf.subjectAltName !== `URI:urn:conjurer:node:${manifest.nodeId}`) {
      return verdict(
        'invalid',
        `its certificate is of ${leaf.subjectAltName ?? 'nobody'}, the bundle of ${manifest.nodeId}`,
      );
    }
    if (cas.length === 0) return verdict('valid-unknown', 'no CA to ask: give the one of the Controller with --ca');
    const pinned = cas.map(pem => new X509Certificate(pem));
    if (followChain(leaf, { presented: above, pinned }) !== 'root') {
      return verdict('invalid', 'these CAs do not vouch for its certificate');
    }
    return verdict('valid', `node ${manifest.nodeId}`);
  } catch (error) {
    return verdict('invalid', error instanceof Error ? error.message : 'it cannot be read');
  }
}
