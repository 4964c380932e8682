import type { NetworkLink } from '../change.ts';
import { normalizeIpv6 } from '../facts/address.ts';
import { type Link, parseIpAddress } from '../facts/addresses.ts';
import { parseIpv4Routes, parseIpv6Routes } from '../facts/routes.ts';
import type { Host } from '../host/host.ts';

export interface LiveNetwork {
  readonly links: ReadonlyMap<string, Link>;
  readonly routes: readonly {
    readonly destination: string;
    readonly gateway: string | null;
    readonly interface: string;
  }[];
}

/** The interfaces as the kernel has them now. */
export async function readLiveNetwork(host: Host): Promise<LiveNetwork> {
  const { stdout } = await host.run(['ip', '-j', 'address', 'show']);
  const four = parseIpv4Routes((await host.files.readText('/proc/net/route')) ?? '');
  const six = parseIpv6Routes((await host.files.readText('/proc/net/ipv6_route')) ?? '');
  return { links: parseIpAddress(stdout) ?? new Map(), routes: [...four, ...six] };
}

/** What the interfaces do not show of what they shall, in words; [] where they show all. */
export function missingFrom(live: LiveNetwork, wanted: readonly NetworkLink[]): string[] {
  return wanted.flatMap(({ name, addresses, routes, mtu }) => {
    const link = live.links.get(name);
    if (link === undefined) return [`there is no interface ${name}`];
    const has = new Set(link.addresses.map(canonical));
    const ways = live.routes.filter(route => route.interface === name).map(route => canonical(route.destination));
    return [
      ...(mtu === null || link.mtu === mtu ? [] : [`the MTU of ${name} is ${link.mtu ?? 'not known'}, not ${mtu}`]),
      ...addresses.filter(address => !has.has(canonical(address))).map(address => `${name} has no ${address}`),
      ...routes.filter(to => !ways.includes(network(to))).map(to => `${name} has no route to ${to}`),
    ];
  });
}

function canonical(cidr: string): string {
  const [address = '', length = ''] = cidr.split('/');
  return `${address.includes(':') ? (normalizeIpv6(address) ?? address) : address}/${length}`;
}

/** As the kernel keeps a destination: without the bits of the host part. */
function network(cidr: string): string {
  const [address = '', length = ''] = cidr.split('/');
  if (address.includes(':')) return canonical(cidr);
  const bits = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const kept = bits - (bits % 2 ** (32 - Number(length)));
  return `${[24, 16, 8, 0].map(shift => Math.floor(kept / 2 ** shift) % 256).join('.')}/${length}`;
}
