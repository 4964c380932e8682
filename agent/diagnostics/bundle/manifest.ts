import { createPrivateKey, createPublicKey, sign, X509Certificate } from 'node:crypto';
import canonicalize from 'canonicalize';
import * as z from 'zod';
import { keyFingerprint } from '../../controller/identity/fingerprint.ts';
import { groups } from './collector.ts';

export const manifestName = 'manifest.json';

const Entry = z.object({
  path: z.string(),
  group: z.string(),
  collector: z.string(),
  source: z.string(),
  outcome: z.enum(['ok', 'not-applicable', 'timed-out', 'failed', 'withheld']),
  exitStatus: z.int().nullable(),
  ms: z.number(),
  bytes: z.int().nonnegative(),
  truncated: z.boolean(),
  redactions: z.record(z.string(), z.int()),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  reason: z.string().nullable(),
});

/** By the node's own key, over the RFC 8785 form of the manifest without this field. */
const Signature = z.object({
  algorithm: z.literal('ES256'),
  keyFingerprint: z.string(),
  /** PEM, leaf first, as the Controller issued it; null: it has not. */
  certificate: z.string().nullable(),
  /** base64url of the 64 bytes. */
  value: z.string(),
});

/** The last file of a bundle: everything that is in it, and what is not. */
export const BundleManifest = z.object({
  schema: z.literal('conjurer.bundle/v1'),
  edgeName: z.string().nullable(),
  nodeId: z.string().nullable(),
  madeAt: z.string(),
  conjurer: z.object({ version: z.string(), commit: z.string() }),
  /** Whether root made it: nobody else sees everything. */
  privileged: z.boolean(),
  /** The directory that stood for `/`. */
  root: z.string(),
  /** Addresses and names are pseudonyms. */
  privacy: z.boolean(),
  /** What journals and logs were limited to; null: nothing. */
  since: z.string().nullable(),
  entries: z.array(Entry),
  signature: Signature.nullable(),
});
export type BundleManifest = z.infer<typeof BundleManifest>;
export type UnsignedManifest = Omit<BundleManifest, 'signature'>;

/** The groups of the evidence, and that of the report about it. */
export const manifestGroups: readonly string[] = ['report', ...groups];

/** The bytes that are signed. */
export function signedBytes(manifest: UnsignedManifest): Buffer {
  const text = canonicalize(manifest);
  if (text === undefined) throw new Error('a manifest is always JSON');
  return Buffer.from(text);
}

export interface Signer {
  /** PEM of a P-256 key. */
  readonly key: Buffer;
  readonly certificate: Buffer | null;
}

export function signManifest(manifest: UnsignedManifest, signer: Signer | null): BundleManifest {
  if (signer === null) return { ...manifest, signature: null };
  const key = createPrivateKey(signer.key);
  const value = sign('sha256', signedBytes(manifest), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const certificate = signer.certificate === null ? null : certificatesOf(signer.certificate);
  return { ...manifest, signature: { algorithm: 'ES256', keyFingerprint: keyFingerprint(spki), certificate, value } };
}

/** Certificates and nothing else that may stand in the file. */
function certificatesOf(pem: Buffer): string {
  const blocks = pem.toString('latin1').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map(block => new X509Certificate(block).toString()).join('');
}
