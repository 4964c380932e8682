import { createHash, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { ChangeKind, SecretFileChange } from '../change.ts';
import { AgentError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { keepAside } from './kept.ts';

/**
 * A file with a secret in it. A secret that is replaced is copied aside (0600, kept.ts), so that the journal holds only
 * where the copy is; a secret that is removed is gone, and its undo is []. A generated key is never made a second
 * time: where something that is no such key is in its place, it is left as it is and E_STATE_INVALID is thrown.
 */
export const secretFileChange: ChangeKind<SecretFileChange> = {
  async isDone({ path, mode, source }, host) {
    const info = await host.files.stat(path);
    if (source === null || info === null) return source === null && info === null;
    if (info.type !== 'file' || info.mode !== mode) return false;
    const bytes = await host.files.read(path);
    if (bytes === null) return false;
    return 'generate' in source ? isP256Key(bytes) : sha256(bytes) === source.sha256;
  },

  async apply({ path, mode, source }, host) {
    if (source === null) return host.files.remove(path);
    const bytes = 'generate' in source ? await ownKey(path, host) : await copiedSecret(source, host);
    await host.files.write(path, bytes, mode);
  },

  async undo({ id, path, mode, source }, host) {
    if (source === null) return [];
    const info = await host.files.stat(path);
    if (info === null) return [{ kind: 'secret-file', id, path, mode, source: null }];
    const bytes = info.type === 'file' ? await host.files.read(path) : null;
    if (bytes === null) throw notASecret(path, `a ${info.type}`);
    return [await keepAside(host, { id, path, mode: info.mode, bytes })];
  },
};

/** The key that is there, or a new one: PKCS#8 in PEM. */
async function ownKey(path: string, host: Host): Promise<Buffer> {
  const existing = await host.files.read(path);
  if (existing === null) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  }
  if (!isP256Key(existing)) throw notASecret(path, 'a file that is no P-256 private key');
  return existing;
}

async function copiedSecret(source: { readonly from: string; readonly sha256: string }, host: Host): Promise<Buffer> {
  const bytes = await host.files.read(source.from);
  if (bytes !== null && sha256(bytes) === source.sha256) return bytes;
  throw new AgentError('E_HOST_FILE', `cannot copy ${source.from}: it is not what was planned`, {
    seen: bytes === null ? 'no such file' : `sha256 ${sha256(bytes)}`,
    wanted: `sha256 ${source.sha256}`,
    next: 'conjurer plan, then: conjurer run',
  });
}

function isP256Key(bytes: Buffer): boolean {
  try {
    return createPrivateKey(bytes).asymmetricKeyDetails?.namedCurve === 'prime256v1';
  } catch {
    return false;
  }
}

function notASecret(path: string, seen: string): AgentError {
  return new AgentError('E_STATE_INVALID', `${path} does not hold what belongs there`, {
    seen,
    wanted: 'a P-256 private key (PKCS#8, PEM), or nothing',
  });
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
