import { createIptables } from '../firewall/iptables.ts';
import { parseSaved } from '../firewall/saved.ts';
import type { Family } from '../firewall/settings.ts';
import type { Host } from '../host/host.ts';

const programs = { ipv4: 'iptables', ipv6: 'ip6tables' } as const;
/** Chains of kube-proxy, kubelet and the CNI plugins. */
const ofCluster = /^(KUBE|CNI)-/;
const jump = /(?:^| )-[jg] (?:KUBE|CNI)-\S+/;

/** The chains of the cluster are gone from the packet filter, and every jump to them. Others are left alone. */
export async function removePacketRules(host: Host, signal: AbortSignal): Promise<void> {
  for (const family of ['ipv4', 'ipv6'] as const satisfies readonly Family[]) {
    const saved = await host.run([`${programs[family]}-save`], { timeoutMs: 60_000, signal });
    signal.throwIfAborted();
    if (saved.status !== 0) continue;
    const input = removalOf(saved.stdout);
    if (input !== null) await createIptables(host).restore(family, input);
  }
}

/** What iptables-restore --noflush is given for what iptables-save printed; null: there is nothing to remove. */
export function removalOf(text: string): string | null {
  const { rules, chains } = parseSaved(text);
  const tables = new Map<string, { jumps: string[]; chains: string[] }>();
  const tableOf = (name: string) => {
    const table = tables.get(name) ?? { jumps: [], chains: [] };
    tables.set(name, table);
    return table;
  };
  for (const chain of chains) {
    const [table = '', name = ''] = chain.split(' ');
    if (ofCluster.test(name)) tableOf(table).chains.push(name);
  }
  for (const { table, chain, text: rule } of rules) {
    if (!ofCluster.test(chain) && jump.test(rule)) tableOf(table).jumps.push(`-D ${chain} ${rule}`);
  }
  if (tables.size === 0) return null;
  const lines = [...tables].flatMap(([table, { jumps, chains: names }]) => [
    `*${table}`,
    // A chain that is declared is emptied, so that afterwards none refers to another.
    ...names.map(name => `:${name} - [0:0]`),
    ...jumps,
    ...names.map(name => `-X ${name}`),
    'COMMIT',
  ]);
  return `${lines.join('\n')}\n`;
}
