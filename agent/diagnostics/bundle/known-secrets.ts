import { parseAllDocuments } from 'yaml';
import type { Files } from '../../../bootstrap/host/host.ts';
import { paths } from '../../config/paths.ts';

/**
 * This machine's own secrets, so that none of them leaves it, whatever it is called in the text that it stands in. A file
 * that cannot be read cannot be found again by this process either, and costs nothing.
 */
export async function readKnownSecrets(files: Files, inputs: readonly string[]): Promise<string[]> {
  const read = async (path: string): Promise<string | null> => files.readText(path).catch(() => null);
  const secrets: string[] = [];
  for (const path of [paths.passphrase, ...inputs]) secrets.push(...lines(await read(path)));
  for (const path of [paths.nodeKey, `${paths.nodeKey}.next`, paths.operatorKey, paths.credentials]) {
    secrets.push(...keysIn(await read(path)));
  }
  for (const path of [paths.joinState]) secrets.push(...underSecretKeys(await read(path)));
  for (const name of ['admin', 'super-admin', 'kubelet', 'controller-manager', 'scheduler', 'bootstrap-kubelet']) {
    secrets.push(...underSecretKeys(await read(`/etc/kubernetes/${name}.conf`)));
  }
  for (const name of (await files.list('/etc/netplan').catch(() => null)) ?? []) {
    secrets.push(...underSecretKeys(await read(`/etc/netplan/${name}`)));
  }
  return [...new Set(secrets)].filter(secret => secret.length >= 6);
}

function lines(text: string | null): string[] {
  return (text ?? '').split(/\r?\n/).filter(line => line !== '' && !line.startsWith('-----'));
}

/** The lines of each private key: any of them alone would tell a part of it. */
function keysIn(text: string | null): string[] {
  const blocks = (text ?? '').match(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+/g) ?? [];
  return blocks.flatMap(block => lines(block)).filter(line => line.length >= 16);
}

/** `current` and `joinState`: of the join state. `private`, `shared` and `psk`: of netplan's tunnels and radios. */
const secretKey =
  /password|passphrase|secret|^(?:token|id-token|refresh-token|client-key-data|current|joinState|key|private|shared|psk)$/i;

/** Texts that stand in a YAML or JSON document under a name that says that they are secret. */
function underSecretKeys(text: string | null): string[] {
  if (text === null) return [];
  try {
    return parseAllDocuments(text).flatMap(document => secretValues(document.toJS()));
  } catch {
    return [];
  }
}

function secretValues(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'string' && secretKey.test(key) ? [inner] : secretValues(inner),
  );
}
