import { BlockList, isIP } from 'node:net';

/**
 * Whether `host` (a name or an address, without brackets) is one of `entries` and so not for the proxy:
 * `*`; a name, for itself and everything below it (`.example.org` and `*.example.org` mean only what is below); an
 * address; a CIDR. Names are never resolved for this. An entry may end in `:port`, which then must be equal.
 */
export function matchesNoProxy(host: string, port: number, entries: readonly string[]): boolean {
  const wanted = host.toLowerCase().replace(/\.$/, '');
  return entries.some(entry => matches(wanted, port, entry.trim().toLowerCase()));
}

function matches(host: string, port: number, entry: string): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  if (isIP(bare(entry)) !== 0 || entry.includes('/')) return isIP(host) !== 0 && holds(bare(entry), host);
  const [, name = entry, onlyPort] = /^(.*):(\d+)$/.exec(entry) ?? [];
  if (onlyPort !== undefined && Number(onlyPort) !== port) return false;
  if (isIP(bare(name)) !== 0) return isIP(host) !== 0 && holds(bare(name), host);
  if (isIP(host) !== 0) return false;
  const suffix = name.replace(/^\*/, '');
  return suffix.startsWith('.') ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
}

function holds(entry: string, address: string): boolean {
  const [, network = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
  const family = isIP(network);
  const whole = family === 6 ? 128 : 32;
  const length = bits === undefined ? whole : Number(bits);
  if (family === 0 || length > whole) return false;
  const list = new BlockList();
  list.addSubnet(network, length, family === 6 ? 'ipv6' : 'ipv4');
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function bare(entry: string): string {
  return entry.replace(/^\[([^\]]*)\](?=$|\/)/, '$1');
}
