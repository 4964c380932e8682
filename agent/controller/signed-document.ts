import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { compactVerify, importJWK } from 'jose';
import * as z from 'zod';
import type { ErrorCode } from '../../bootstrap/error-table.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import { parseClosedJson } from './closed-json.ts';
import { ConfigDocument, type ConfigKey, Kid, SignedTime } from './protocol.ts';
import { checkTrust } from './trust-section.ts';

/** What `requires` may name: v1 knows nothing that must be understood. */
const KNOWN_REQUIREMENTS: readonly string[] = [];

export interface ConfigExpectation {
  /** The keys pinned now. */
  readonly configKeys: readonly ConfigKey[];
  readonly nodeId: string;
  readonly clusterId: string;
  /** The one sent with this call 5; null for a document read back from disk, whose nonce was checked when it came. */
  readonly nonce: string | null;
  /** The generation in force and its hash; null where none is. */
  readonly applied: { readonly generation: number; readonly hash: string } | null;
}

export interface VerifiedConfig {
  readonly document: ConfigDocument;
  /** Lower-case hex SHA-256 over the RFC 8785 form of the payload without `nonce` and `issuedAt`. */
  readonly hash: string;
  /** The payload as it was signed, unknown fields and all. */
  readonly payloadText: string;
}

/**
 * Checks a configuration document (call 5, compact JWS). Throws E_CONFIG_DOCUMENT_REFUSED with `check`: format, alg,
 * typ, kid, signature, schema, aud, cluster, nonce, generation, requires or trust, the first that failed in this order.
 */
export async function verifyConfigDocument(jws: string, expected: ConfigExpectation): Promise<VerifiedConfig> {
  const refuse = refuser('E_CONFIG_DOCUMENT_REFUSED', 'the configuration from the Controller was refused');
  const { payload, key } = await verifyJws(jws, 'conjurer-config+jws', expected.configKeys, refuse);
  const content = parseClosedJson(payload);
  const read = ConfigDocument.safeParse(content);
  if (!read.success) throw refuse('schema', z.prettifyError(read.error), 'a configuration document');
  const document = read.data;
  const hash = contentHash(content);
  if (document.aud !== expected.nodeId) throw refuse('aud', document.aud, expected.nodeId);
  if (document.clusterId !== expected.clusterId) throw refuse('cluster', document.clusterId, expected.clusterId);
  if (expected.nonce !== null && document.nonce !== expected.nonce) {
    throw refuse('nonce', 'another nonce, as in a document sent before', 'the nonce of this request');
  }
  checkGeneration(document.generation, hash, expected.applied, refuse);
  const unknown = document.requires.filter(feature => !KNOWN_REQUIREMENTS.includes(feature));
  if (unknown.length > 0) throw refuse('requires', unknown.join(', '), 'nothing that this version does not know');
  if (document.trust !== undefined) checkTrust(document.trust, key, (seen, wanted) => refuse('trust', seen, wanted));
  return { document, hash, payloadText: payload.toString('utf8') };
}

/**
 * The Controller's signed time (call 11). Throws E_CLOCK_WRONG with `check`: format, alg, typ, kid, signature, schema
 * or nonce.
 */
export async function verifySignedTime(
  jws: string,
  expected: { readonly configKeys: readonly ConfigKey[]; readonly nonce: string },
): Promise<Date> {
  const refuse = refuser('E_CLOCK_WRONG', 'the signed time of the Controller was refused');
  const { payload } = await verifyJws(jws, 'conjurer-time+jws', expected.configKeys, refuse);
  const read = SignedTime.safeParse(parseClosedJson(payload));
  if (!read.success) throw refuse('schema', z.prettifyError(read.error), 'nonce and now');
  if (read.data.nonce !== expected.nonce) throw refuse('nonce', 'another nonce', 'the nonce of this request');
  return new Date(read.data.now);
}

type Refuse = (check: string, seen: string, wanted: string) => AgentError;

function refuser(code: ErrorCode, message: string): Refuse {
  return (check, seen, wanted) => new AgentError(code, message, { check, seen: seen.replaceAll('\n', ' '), wanted });
}

/** Closed: no crit, no b64, no key or certificate that came along. */
const Header = z.strictObject({ alg: z.string(), kid: Kid, typ: z.string() });

async function verifyJws(
  jws: string,
  typ: string,
  keys: readonly ConfigKey[],
  refuse: Refuse,
): Promise<{ payload: Buffer; key: ConfigKey }> {
  const parts = /^([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.exec(jws);
  if (parts === null) throw refuse('format', 'text that is not a compact JWS', 'three parts of base64url');
  const read = Header.safeParse(parseClosedJson(Buffer.from(parts[1] ?? '', 'base64url')));
  if (!read.success) throw refuse('format', z.prettifyError(read.error), 'a header of alg, kid and typ alone');
  const { alg, kid } = read.data;
  if (alg !== 'Ed25519' && alg !== 'EdDSA') throw refuse('alg', alg, 'Ed25519 or EdDSA');
  if (read.data.typ !== typ) throw refuse('typ', read.data.typ, typ);
  const key = keys.find(pinned => pinned.kid === kid);
  if (key === undefined) throw refuse('kid', kid, `a pinned key: ${keys.map(pinned => pinned.kid).join(', ')}`);
  try {
    const { payload } = await compactVerify(jws, await importJWK({ ...key }, alg), { algorithms: [alg] });
    return { payload: Buffer.from(payload), key };
  } catch {
    throw refuse('signature', `a signature that does not fit the key ${kid}`, 'a signature by that key');
  }
}

function contentHash(content: unknown): string {
  const { nonce: _nonce, issuedAt: _issuedAt, ...rest } = content as Record<string, unknown>;
  return createHash('sha256')
    .update(canonicalize(rest) ?? '')
    .digest('hex');
}

function checkGeneration(
  generation: number,
  hash: string,
  applied: ConfigExpectation['applied'],
  refuse: Refuse,
): void {
  if (applied === null || generation > applied.generation) return;
  if (generation < applied.generation) {
    throw refuse('generation', `generation ${generation}`, `above ${applied.generation}, which is applied`);
  }
  if (hash !== applied.hash) {
    throw refuse('generation', `another content under generation ${generation}`, 'a new generation for a new content');
  }
}
