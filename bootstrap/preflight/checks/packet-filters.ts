import { AgentError } from '../../errors.ts';
import { createIptables, type Version } from '../../firewall/iptables.ts';
import { rulesOfOtherVariant } from '../../firewall/rivals.ts';
import type { Host } from '../../host/host.ts';
import { type Check, type Finding, onRunningSystem, pass, skip, unknown } from '../check.ts';

const install = 'install the package iptables';

export const packetFilterChecks: readonly Check[] = [
  {
    id: 'packet-filters',
    run: onRunningSystem(async ({ host, uid }) => {
      const version = await versionOf(host);
      if (version === null) return skip('there is no iptables');
      if (uid !== 0) return unknown('only root may read the rules: sudo conjurer preflight');
      const other = await rulesOfOtherVariant(host, version.variant);
      return judgeFilters(version, other);
    }),
  },
  {
    id: 'iptables-variant',
    run: onRunningSystem(async ({ host, settings }) => {
      const version = await versionOf(host);
      if (version !== null) return pass(`iptables ${version.number} (${version.variant})`);
      const none = 'there is no iptables';
      return settings.firewall.enabled ? { status: 'warn', observed: none, fix: install } : skip(none);
    }),
  },
];

export function judgeFilters(
  { variant }: Pick<Version, 'variant'>,
  other: Awaited<ReturnType<typeof rulesOfOtherVariant>>,
): Finding {
  if (other === null) return pass(`rules only of the ${variant} filter, which iptables shows`);
  const tools = `iptables-${other.variant}-save, ip6tables-${other.variant}-save`;
  return {
    status: 'warn',
    observed: `iptables is the ${variant} one, and the ${other.variant} filter holds ${other.rules} rules too (${other.chains.slice(0, 8).join(', ')})`,
    fix: `find out who sets them (${tools}), stop it, and restart; or: update-alternatives --config iptables`,
  };
}

async function versionOf(host: Pick<Host, 'run'>): Promise<Version | null> {
  try {
    return await createIptables(host).version();
  } catch (error) {
    if (error instanceof AgentError) return null;
    throw error;
  }
}
