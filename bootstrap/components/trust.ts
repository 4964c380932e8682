import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import * as z from 'zod';
import { AgentError } from '../errors.ts';
import type { Files } from '../host/host.ts';

export const trustDirectory = '/etc/conjurer/trust.d';
const directories = ['/etc', '/etc/conjurer', trustDirectory] as const;

export const SIGNATURE_SCHEMA = 'conjurer.signature/v1';

/** What lies beside a manifest. `sha256` only tells an altered manifest from a wrong signature; it proves nothing. */
const Signature = z.strictObject({
  schema: z.literal(SIGNATURE_SCHEMA),
  keyId: z.string().regex(/^[0-9a-f]{64}$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Ed25519 over the exact bytes. */
  signature: z.base64().length(88),
});
export type Signature = z.infer<typeof Signature>;

export interface TrustedKey {
  readonly id: string;
  readonly key: KeyObject;
  /** "built in", or the path of its file. */
  readonly from: string;
}

/** The id of a public key: SHA-256 over its SPKI, in lower-case hex. */
export function keyIdOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/**
 * The keys that may sign a manifest: those built in (PEM), and every *.pem of the trust directory. Throws E_TRUST_UNSAFE
 * where somebody other than root and `uid`, who runs this, could have put a key there, and E_TRUST_KEY_INVALID.
 */
export async function readTrustedKeys(files: Files, builtIn: readonly string[], uid: number): Promise<TrustedKey[]> {
  const keys = builtIn.map(pem => trustedKey(pem, 'built in'));
  const names = await files.list(trustDirectory);
  if (names === null) return keys;
  for (const directory of directories) await requireSafe(files, directory, 'directory', uid);
  for (const name of names.filter(one => one.endsWith('.pem'))) {
    const path = `${trustDirectory}/${name}`;
    await requireSafe(files, path, 'file', uid);
    keys.push(trustedKey((await files.readText(path)) ?? '', path));
  }
  return keys;
}

/**
 * Gives the key that signed exactly these bytes. Throws E_MANIFEST_UNSIGNED, E_MANIFEST_KEY_UNKNOWN, E_MANIFEST_ALTERED
 * or E_MANIFEST_SIGNATURE_WRONG. `path` names the signed file in messages.
 */
export function verifySignature(
  path: string,
  bytes: Uint8Array,
  signatureText: string | null,
  keys: readonly TrustedKey[],
): TrustedKey {
  const signature = parseSignature(path, signatureText);
  const key = keys.find(({ id }) => id === signature.keyId);
  if (key === undefined) {
    throw new AgentError('E_MANIFEST_KEY_UNKNOWN', `${path} is signed by an unknown key`, {
      seen: `key ${signature.keyId}`,
      wanted: keys.map(({ id, from }) => `${id} (${from})`).join(', ') || 'a trusted key; there is none at all',
    });
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== signature.sha256) {
    throw new AgentError('E_MANIFEST_ALTERED', `${path} was altered after it was signed`, {
      seen: `sha256 ${sha256}, ${bytes.length} bytes`,
      wanted: `sha256 ${signature.sha256}`,
    });
  }
  if (verify(null, bytes, key.key, Buffer.from(signature.signature, 'base64'))) return key;
  throw new AgentError('E_MANIFEST_SIGNATURE_WRONG', `the signature of ${path} is wrong`, {
    seen: `a signature that key ${key.id} did not make`,
    wanted: `one by ${key.id} (${key.from}) over sha256 ${sha256}`,
  });
}

function parseSignature(path: string, text: string | null): Signature {
  if (text === null) {
    throw new AgentError('E_MANIFEST_UNSIGNED', `${path} has no signature`, {
      seen: `no ${path}.sig`,
      wanted: 'a signature beside it',
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = null;
  }
  const { data, error } = Signature.safeParse(json);
  if (data !== undefined) return data;
  throw new AgentError('E_MANIFEST_UNSIGNED', `${path}.sig does not hold a signature`, {
    seen: `${error.issues[0]?.path.join('.') || 'the whole'} does not fit`,
    wanted: 'schema, keyId, sha256 and signature, as conjurer manifest sign writes them',
  });
}

function trustedKey(pem: string, from: string): TrustedKey {
  let key: KeyObject | null = null;
  try {
    // A private key would be taken too, by deriving the public one: it must not lie around on machines.
    if (/^-----BEGIN PUBLIC KEY-----/.test(pem.trim())) key = createPublicKey(pem);
  } catch {
    key = null;
  }
  if (key?.asymmetricKeyType === 'ed25519') return { id: keyIdOf(key), key, from };
  throw new AgentError('E_TRUST_KEY_INVALID', `the trusted key ${from} cannot be read`, {
    seen: key === null ? 'not a public key in PEM' : `a key of type ${key.asymmetricKeyType}`,
    wanted: 'one Ed25519 public key, PEM',
  });
}

async function requireSafe(files: Files, path: string, type: 'file' | 'directory', uid: number): Promise<void> {
  const info = await files.stat(path);
  const seen =
    info === null
      ? 'it is gone'
      : info.type !== type
        ? `it is a ${info.type}`
        : info.uid !== 0 && info.uid !== uid
          ? `it belongs to user ${info.uid}`
          : (info.mode & 0o022) === 0
            ? null
            : `its mode is ${info.mode.toString(8).padStart(4, '0')}, so others can write to it`;
  if (seen === null) return;
  throw new AgentError('E_TRUST_UNSAFE', `${path} is refused: ${seen}`, {
    seen,
    wanted: `a ${type} of root, mode ${type === 'file' ? '0644' : '0755'}`,
    next: `chown root: ${path} && chmod ${type === 'file' ? '0644' : '0755'} ${path}, then: conjurer validate`,
    data: { path },
  });
}
