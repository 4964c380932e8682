import { AgentError } from '../errors.ts';
import type { Facts } from '../facts/facts.ts';
import { isDefault } from '../facts/routes.ts';

/**
 * The address by which the cluster knows this machine: that of the endpoint where it is one of its own, else the first
 * of the interface of the default route, else of the first uplink; IPv4 before IPv6. Throws E_FACTS_MISSING.
 */
export function ownAddress({ nics, routes }: Pick<Facts, 'nics' | 'routes'>, endpoint: string | null): string {
  const configured = endpoint?.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  const all = nics.flatMap(({ addresses }) => addresses.map(bare));
  if (configured !== undefined && all.includes(configured)) return configured;
  const byRoute = routes.filter(isDefault).toSorted((a, b) => a.metric - b.metric);
  const names = [...byRoute.map(route => route.interface), ...nics.filter(nic => nic.uplink).map(nic => nic.name)];
  const candidates = names
    .flatMap(name => nics.filter(nic => nic.name === name))
    .flatMap(({ addresses }) => addresses.map(bare))
    .filter(address => !/^(fe80:|169\.254\.|127\.|::1$)/i.test(address));
  const address = candidates.find(one => !one.includes(':')) ?? candidates[0];
  if (address !== undefined) return address;
  throw new AgentError('E_FACTS_MISSING', 'this machine has no address that a cluster could know it by', {
    seen: all.join(', ') || 'no address',
    wanted: 'an address on an uplink',
  });
}

function bare(address: string): string {
  return address.replace(/\/\d+$/, '');
}
