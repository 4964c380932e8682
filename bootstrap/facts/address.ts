/** Eight hexadecimal digits of /proc/net/route, little-endian, as dotted decimal. */
export function formatIpv4(hex: string | undefined): string | null {
  if (hex === undefined || !/^[0-9a-f]{8}$/i.test(hex)) return null;
  return [...Buffer.from(hex, 'hex')].reverse().join('.');
}

/** 32 hexadecimal digits of /proc/net/ipv6_route in the short form of RFC 5952. */
export function formatIpv6(hex: string | undefined): string | null {
  if (hex === undefined || !/^[0-9a-f]{32}$/i.test(hex)) return null;
  return normalizeIpv6(hex.replace(/(.{4})(?!$)/g, '$1:'));
}

/** An IPv6 address in the short form; null if it is none. */
export function normalizeIpv6(text: string): string | null {
  const url = `http://[${text}]/`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : null;
}

/** Lower case with colons; null for what is no Ethernet address, or an empty one. */
export function normalizeMac(text: string | null | undefined): string | null {
  const mac = text?.trim().toLowerCase() ?? '';
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac) && mac !== '00:00:00:00:00:00' ? mac : null;
}
