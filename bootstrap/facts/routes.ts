import { formatIpv4, formatIpv6 } from './address.ts';
import type { Facts } from './facts.ts';
import type { Report, View } from './source.ts';
import { byText, clean, readReported } from './text.ts';

type Route = Facts['routes'][number];

/** The main table, IPv4 and IPv6, sorted. The kernel's own entries (local, multicast, link-local) are left out. */
export async function readRoutes({ running }: View, report: Report): Promise<Route[]> {
  const [four, six] = await Promise.all([
    readReported(running, '/proc/net/route', 'routes', report),
    readReported(running, '/proc/net/ipv6_route', 'routes', () => undefined),
  ]);
  const routes = [...parseIpv4Routes(four ?? ''), ...parseIpv6Routes(six ?? '')];
  return routes.sort(
    (a, b) =>
      byText(a.destination, b.destination) ||
      a.metric - b.metric ||
      byText(a.interface, b.interface) ||
      byText(a.gateway ?? '', b.gateway ?? ''),
  );
}

export function isDefault(route: Route): boolean {
  return route.destination === '0.0.0.0/0' || route.destination === '::/0';
}

const RTF_UP = 0x1;
const RTF_REJECT = 0x200;
const RTF_ANYCAST = 0x0010_0000;
const RTF_CACHE = 0x0100_0000;
const RTF_LOCAL = 0x8000_0000;

/** Reads the text of /proc/net/route: addresses are hexadecimal in the processor's (little-endian) order. Never throws. */
export function parseIpv4Routes(text: string): Route[] {
  return text.split('\n').flatMap(line => {
    const [name, to, via, flags, , , metric, mask] = line.trim().split(/\s+/);
    const use = hexadecimal(flags);
    const [destination, gateway, bits] = [formatIpv4(to), formatIpv4(via), prefixLength(mask)];
    if (use === null || !(use & RTF_UP) || use & RTF_REJECT || !destination || !gateway || bits === null) return [];
    const route = routeOf(`${destination}/${bits}`, gateway === '0.0.0.0' ? null : gateway, name, Number(metric));
    return route === null ? [] : [route];
  });
}

/** Reads the text of /proc/net/ipv6_route. Never throws. */
export function parseIpv6Routes(text: string): Route[] {
  return text.split('\n').flatMap(line => {
    const [to, bits, , , via, metric, , , flags, name] = line.trim().split(/\s+/);
    const use = hexadecimal(flags);
    const own = RTF_REJECT | RTF_ANYCAST | RTF_CACHE | RTF_LOCAL;
    const [destination, gateway] = [formatIpv6(to), formatIpv6(via)];
    const [prefix, weight] = [hexadecimal(bits), hexadecimal(metric)];
    if (use === null || !(use & RTF_UP) || use & own || name === 'lo') return [];
    if (!destination || !gateway || prefix === null || prefix > 128 || weight === null) return [];
    if (/^(ff|fe[89ab])/.test(destination)) return [];
    const route = routeOf(`${destination}/${prefix}`, gateway === '::' ? null : gateway, name, weight);
    return route === null ? [] : [route];
  });
}

function routeOf(destination: string, gateway: string | null, name: string | undefined, metric: number): Route | null {
  const shown = clean(name ?? '');
  if (shown === null || !Number.isSafeInteger(metric) || metric < 0) return null;
  return { destination, gateway, interface: shown, metric };
}

/** null for a mask with holes. */
function prefixLength(mask: string | undefined): number | null {
  const dotted = formatIpv4(mask);
  if (dotted === null) return null;
  const bits = dotted
    .split('.')
    .map(part => Number(part).toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : null;
}

function hexadecimal(text: string | undefined): number | null {
  return text !== undefined && /^[0-9a-f]{1,8}$/i.test(text) ? Number.parseInt(text, 16) : null;
}
