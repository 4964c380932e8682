import { createHash } from 'node:crypto';
import type { Change } from '../change.ts';
import type { Host } from '../host/host.ts';
import { hasUnit } from './unit-files.ts';

/** The proxy in force. "" or []: none. The addresses may hold a password. */
export interface ServiceProxy {
  readonly http: string;
  readonly https: string;
  readonly noProxy: readonly string[];
}

const services = ['containerd.service', 'kubelet.service'];
/** What never goes through a proxy: this machine, and names inside of the cluster. */
const always = ['localhost', '127.0.0.0/8', '::1', '.svc', '.cluster.local'];
/** The usual networks of pods and services, where the configuration of the cluster names none. */
export const usualCidrs = ['10.244.0.0/16', '10.96.0.0/12'];

/**
 * Drop-ins that give the proxy to those of containerd and kubelet that this machine has. `proxy` null: drop-ins of an
 * earlier configuration go. `cidrs`: the networks of pods and services; [] means that they are not known yet.
 */
export async function planProxyFiles(
  host: Host,
  proxy: ServiceProxy | null,
  cidrs: readonly string[],
): Promise<Change[]> {
  const changes: Change[] = [];
  for (const unit of services) {
    const path = `/etc/systemd/system/${unit}.d/60-conjurer-proxy.conf`;
    const isThere = proxy === null ? (await host.files.stat(path)) !== null : await hasUnit(host, unit);
    if (!isThere) continue;
    const sha256 = proxy === null ? null : createHash('sha256').update(proxyText(proxy, cidrs)).digest('hex');
    changes.push({ kind: 'proxy-file', id: `proxy-${unit}`, unit, path, sha256 });
  }
  return changes;
}

/** The text of a drop-in. Both spellings, since Go and others differ in which they read. */
export function proxyText({ http, https, noProxy }: ServiceProxy, cidrs: readonly string[]): string {
  const not = [...new Set([...noProxy, ...always, ...(cidrs.length > 0 ? cidrs : usualCidrs)])].join(',');
  const variables = [
    ...(http === '' ? [] : [['HTTP_PROXY', http] as const]),
    ...(https === '' ? [] : [['HTTPS_PROXY', https] as const]),
    ['NO_PROXY', not] as const,
  ].flatMap(([name, value]) => [[name, value] as const, [name.toLowerCase(), value] as const]);
  return `# Written by conjurer from its configuration; changes here are lost.\n[Service]\n${variables
    .map(([name, value]) => `Environment="${name}=${quoted(value)}"\n`)
    .join('')}`;
}

/** systemd reads % as a specifier and takes \ and " for itself. */
function quoted(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%');
}
