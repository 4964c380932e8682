import { AgentError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import type { Variant } from './iptables.ts';
import { parseSaved } from './saved.ts';

/** Another program that rules packets: how it shows that it is active, and what ends it. */
export interface Rival {
  readonly name: 'ufw' | 'firewalld';
  readonly seen: string;
  readonly cure: string;
}

/** Throws E_FIREWALL_OTHER where another program rules the same packets: two are never mixed. */
export async function refuseRivals(files: Host['files']): Promise<void> {
  const rival = (await findUfw(files)) ?? (await findFirewalld(files));
  if (rival === null) return;
  const { name, seen, cure } = rival;
  throw new AgentError('E_FIREWALL_OTHER', `${name} is active on this machine`, {
    seen,
    wanted: `no other firewall, or firewall.enabled: false in conjurer.yaml to leave the rules to ${name}`,
    next: `${cure}, then: conjurer run`,
    check: name,
  });
}

/** null: it is not active. */
export async function findUfw(files: Host['files']): Promise<Rival | null> {
  const isEnabled = /^\s*ENABLED=["']?yes/m.test((await files.readText('/etc/ufw/ufw.conf')) ?? '');
  return isEnabled ? { name: 'ufw', seen: 'ENABLED=yes in /etc/ufw/ufw.conf', cure: 'ufw disable' } : null;
}

/** null: it does not run. */
export async function findFirewalld(files: Host['files']): Promise<Rival | null> {
  for (const seen of ['/run/firewalld.pid', '/var/run/firewalld.pid']) {
    if ((await files.stat(seen)) === null) continue;
    return { name: 'firewalld', seen, cure: 'systemctl disable --now firewalld' };
  }
  return null;
}

/**
 * Rules in the packet filter that the host's iptables does not show: how many, and in which chains. null: none. It is
 * looked at without loading that filter's modules.
 */
export async function rulesOfOtherVariant(
  host: Pick<Host, 'files' | 'run'>,
  variant: Variant,
): Promise<{ variant: Variant; rules: number; chains: readonly string[] } | null> {
  const other = variant === 'nft' ? 'legacy' : 'nft';
  const saved = await Promise.all([saveOf(host, other, 'iptables'), saveOf(host, other, 'ip6tables')]);
  const rules = saved.flatMap(text => parseSaved(text).rules);
  if (rules.length === 0) return null;
  return { variant: other, rules: rules.length, chains: [...new Set(rules.map(rule => rule.chain))].sort() };
}

async function saveOf(host: Pick<Host, 'files' | 'run'>, variant: Variant, program: string): Promise<string> {
  const tables = program === 'iptables' ? '/proc/net/ip_tables_names' : '/proc/net/ip6_tables_names';
  if (variant === 'legacy' && ((await host.files.readText(tables)) ?? '').trim() === '') return '';
  const result = await host.run([`${program}-${variant}-save`]);
  return result.status === 0 ? result.stdout : '';
}
