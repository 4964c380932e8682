import { networkInterfaces } from 'node:os';
import * as z from 'zod';
import { normalizeIpv6, normalizeMac } from './address.ts';
import { parseJson } from './json.ts';
import { PROGRAM_LIMIT_MS, type View } from './source.ts';

/** What is known of an interface without /sys. */
export interface Link {
  readonly mac: string | null;
  readonly mtu: number | null;
  /** "192.0.2.10/24", sorted. Link-local IPv6 is left out: every interface has one, and it leads nowhere. */
  readonly addresses: readonly string[];
}

/**
 * Interfaces by name, without the loopback; null if nobody can tell. `ip` is asked first, since the system call shows
 * no interface that is down, and a cable pulled out is when a technician looks.
 */
export async function readLinks({ host, live, signal }: View): Promise<ReadonlyMap<string, Link> | null> {
  const result = await host.run(['ip', '-j', 'address', 'show'], { timeoutMs: PROGRAM_LIMIT_MS, signal });
  return parseIpAddress(result.stdout) ?? (live ? linksOfSystemCall() : null);
}

const Interfaces = z.array(
  z.object({
    ifname: z.string().optional(),
    mtu: z.int().nonnegative().optional(),
    address: z.string().optional(),
    addr_info: z
      .array(z.object({ family: z.string(), local: z.string(), prefixlen: z.int() }).partial())
      .optional()
      .catch([]),
  }),
);

/** Reads the output of `ip -j address show`; null where it is none. Never throws. */
export function parseIpAddress(text: string): Map<string, Link> | null {
  const links = new Map<string, Link>();
  const { data } = Interfaces.safeParse(parseJson(text));
  if (data === undefined) return null;
  for (const { ifname, mtu = null, address, addr_info = [] } of data) {
    if (ifname === undefined || ifname === 'lo') continue;
    const addresses = addr_info.flatMap(one => withPrefix(one.family === 'inet6', one.local, one.prefixlen) ?? []);
    links.set(ifname, { mac: normalizeMac(address), mtu, addresses: addresses.sort() });
  }
  return links;
}

function linksOfSystemCall(): Map<string, Link> {
  const links = new Map<string, Link>();
  for (const [name, entries = []] of Object.entries(networkInterfaces())) {
    if (name === 'lo') continue;
    const addresses = entries.flatMap(one => {
      const prefix = Number(one.cidr?.split('/')[1]);
      return withPrefix(one.family === 'IPv6', one.address, prefix) ?? [];
    });
    links.set(name, { mac: normalizeMac(entries[0]?.mac), mtu: null, addresses: addresses.sort() });
  }
  return links;
}

function withPrefix(six: boolean, local: string | undefined, prefix: number | undefined): string | null {
  if (local === undefined || prefix === undefined || !(prefix >= 0 && prefix <= (six ? 128 : 32))) return null;
  const address = six ? normalizeIpv6(local) : /^\d{1,3}(\.\d{1,3}){3}$/.test(local) ? local : null;
  return address === null || /^fe[89ab]/.test(address) ? null : `${address}/${prefix}`;
}
