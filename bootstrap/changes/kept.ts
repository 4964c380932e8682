import { createHash } from 'node:crypto';
import type { Change, SecretFileChange } from '../change.ts';
import type { Host } from '../host/host.ts';

/** Copies (0600) of replaced files whose bytes must not stand in the journal, each named by its SHA-256. */
export const keptDirectory = '/var/lib/conjurer/kept';

/**
 * Copies a file's bytes aside and gives the change that brings them back. Named by content, so that doing it again
 * after a crash neither overwrites an older copy nor adds a second one.
 */
export async function keepAside(
  host: Host,
  file: { readonly id: string; readonly path: string; readonly mode: number; readonly bytes: Buffer },
): Promise<SecretFileChange> {
  const sha256 = createHash('sha256').update(file.bytes).digest('hex');
  const from = `${keptDirectory}/${sha256}`;
  await host.files.write(from, file.bytes, 0o600);
  return { kind: 'secret-file', id: file.id, path: file.path, mode: file.mode, source: { from, sha256 } };
}

/** Removes the copies that no undo still owed refers to. */
export async function removeUnneededCopies(host: Host, owed: readonly Change[]): Promise<void> {
  const needed = new Set(owed.map(change => (change.kind === 'secret-file' ? copySource(change) : null)));
  for (const name of (await host.files.list(keptDirectory)) ?? []) {
    const path = `${keptDirectory}/${name}`;
    if (!needed.has(path)) await host.files.remove(path);
  }
}

function copySource({ source }: SecretFileChange): string | null {
  return source !== null && 'from' in source ? source.from : null;
}
