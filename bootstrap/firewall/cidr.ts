import type { Family } from './settings.ts';

export interface Cidr {
  readonly family: Family;
  /** As iptables-save prints it, the host's bits cleared: 10.0.0.0/8, fd00::/8. */
  readonly text: string;
  /** No bit is fixed: every address of the family. */
  readonly everyone: boolean;
}

/** An address or network with or without its prefix length; null where it is neither. */
export function parseCidr(written: string): Cidr | null {
  const [address = '', length, ...more] = written.split('/');
  const bits = bitsOf(address);
  if (bits === null || more.length > 0) return null;
  const width = bits.family === 'ipv4' ? 32 : 128;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return null;
  const prefix = length === undefined ? width : Number(length);
  if (prefix > width) return null;
  const free = BigInt(width - prefix);
  const network = (bits.value >> free) << free;
  return {
    family: bits.family,
    text: `${bits.family === 'ipv4' ? ipv4Text(network) : ipv6Text(network)}/${prefix}`,
    everyone: prefix === 0,
  };
}

/** Whether two networks have an address in common; false where either is none. */
export function overlaps(one: string, other: string): boolean {
  const [a, b] = [rangeOf(one), rangeOf(other)];
  if (a === null || b === null || a.family !== b.family) return false;
  const free = BigInt(a.width - Math.min(a.prefix, b.prefix));
  return a.value >> free === b.value >> free;
}

/** Whether every address of `inner` is one of `outer`. */
export function covers(outer: string, inner: string): boolean {
  const [a, b] = [rangeOf(outer), rangeOf(inner)];
  return a !== null && b !== null && a.prefix <= b.prefix && overlaps(outer, inner);
}

function rangeOf(written: string): { family: Family; value: bigint; prefix: number; width: number } | null {
  const cidr = parseCidr(written);
  const [address = '', prefix = ''] = cidr?.text.split('/') ?? [];
  const bits = bitsOf(address);
  return bits === null ? null : { ...bits, prefix: Number(prefix), width: bits.family === 'ipv4' ? 32 : 128 };
}

function bitsOf(address: string): { family: Family; value: bigint } | null {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) {
    const parts = address.split('.').map(Number);
    if (parts.some(part => part > 255)) return null;
    return { family: 'ipv4', value: parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n) };
  }
  if (!/^[0-9a-fA-F:]+$/.test(address) || !URL.canParse(`http://[${address}]`)) return null;
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string | undefined): string[] => (text === undefined || text === '' ? [] : text.split(':'));
  const [left, right] = [groups(head), groups(tail)];
  const all = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return { family: 'ipv6', value: all.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n) };
}

function ipv4Text(value: bigint): string {
  return [24n, 16n, 8n, 0n].map(shift => String((value >> shift) & 0xffn)).join('.');
}

/** The canonical form, by the one parser of addresses that is at hand. */
function ipv6Text(value: bigint): string {
  const groups = [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n].map(shift => ((value >> shift) & 0xffffn).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
