import { createHmac } from 'node:crypto';

/**
 * Privacy mode: addresses, MACs and names of hosts in a text (latin1) become others, the same for the same one. Two
 * addresses share as many leading bits after it as before, so that routes and networks can still be told.
 */
export function createPseudonyms(salt: Uint8Array): (text: string) => string {
  const bit = (kind: string, prefix: string): number =>
    (createHmac('sha256', salt).update(`${kind}:${prefix}`).digest()[0] as number) & 1;
  const known = new Map<string, string>();
  const once = (original: string, make: () => string): string => {
    const there = known.get(original);
    if (there !== undefined) return there;
    const made = make();
    if (known.size < mostKnown) known.set(original, made);
    return made;
  };
  const flipped = (kind: 'v4' | 'v6', bits: string): string => {
    let out = '';
    for (let at = 0; at < bits.length; at++) {
      const prefix = bits.slice(0, at);
      const kept = wellKnown[kind].some(network => network.length > at && network.startsWith(prefix));
      out += String(Number(bits[at]) ^ (kept ? 0 : bit(kind, prefix)));
    }
    return out;
  };
  const digest = (kind: string, name: string) => createHmac('sha256', salt).update(`${kind}:${name}`).digest('hex');

  return text =>
    text
      .replace(mac, found => once(found.toLowerCase(), () => macOf(digest('mac', found.toLowerCase()))))
      .replace(ipv6, found => {
        const words = found.includes(':') ? ipv6Words(found) : null;
        if (words === null || keptIpv6.test(found)) return found;
        return once(found.toLowerCase(), () => {
          const bits = words.map(word => word.toString(2).padStart(16, '0')).join('');
          return ipv6Text(flipped('v6', bits));
        });
      })
      .replace(ipv4, found => {
        const parts = found.split('.').map(Number);
        if (parts.some(part => part > 255) || keptIpv4.test(found)) return found;
        return once(found, () => {
          const bits = parts.map(part => part.toString(2).padStart(8, '0')).join('');
          const flippedBits = flipped('v4', bits);
          return [0, 8, 16, 24].map(at => Number.parseInt(flippedBits.slice(at, at + 8), 2)).join('.');
        });
      })
      .replace(hostName, found => {
        const labels = found.toLowerCase().split('.');
        if (publicNames.test(found) || !topLevel.test(labels.at(-1) ?? '')) return found;
        return labels
          .map((label, at) =>
            at === labels.length - 1 ? label : once(label, () => `n${digest('name', label).slice(0, 8)}`),
          )
          .join('.');
      });
}

/** The leading bits of networks that stay what they are: private, shared and link-local ones; global and local ones of IPv6. */
const wellKnown = {
  v4: ['00001010', '101011000001', '1100000010101000', '1010100111111110', '0110010001'],
  v6: ['001', '1111110', '1111111010'],
} as const;
const mostKnown = 100_000;
const mac = /(?<![\w:.-])[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?![\w:-])/g;
const ipv4 = /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)/g;
const ipv6 = /(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])/g;
const hostName = /(?<![\w.@/-])[A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62}){1,8}(?![\w-])/g;
/** Loopback, unspecified, broadcast and masks say nothing of the place. */
const keptIpv4 = /^(?:127\.|0\.0\.0\.0$|255\.)/;
const keptIpv6 = /^(?:::1?|fe80::|ff0\w::\w{0,4})$/i;
const topLevel = /^(?:local|lan|corp|internal|intern|home|example|test|com|net|org|io|de|at|ch|fr|uk|eu|us|cloud|dev)$/;
const publicNames =
  /(?:^|\.)(?:k8s\.io|kubernetes\.io|docker\.io|quay\.io|gcr\.io|ghcr\.io|containerd\.io|x-k8s\.io|cncf\.io|ubuntu\.com|debian\.org|svc\.cluster\.local|cluster\.local)$/i;

function macOf(hex: string): string {
  return `02:${[0, 2, 4, 6, 8].map(at => hex.slice(at, at + 2)).join(':')}`;
}

function ipv6Words(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head = '', tail] = halves;
  const words = (part: string) => (part === '' ? [] : part.split(':').map(word => Number.parseInt(word, 16)));
  const before = words(head);
  const after = tail === undefined ? [] : words(tail);
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const all = [...before, ...new Array<number>(tail === undefined ? 0 : missing).fill(0), ...after];
  return all.some(Number.isNaN) ? null : all;
}

function ipv6Text(bits: string): string {
  return [0, 1, 2, 3, 4, 5, 6, 7]
    .map(at => Number.parseInt(bits.slice(at * 16, at * 16 + 16), 2).toString(16))
    .join(':');
}
