import type { OwnChain } from '../change.ts';
import { ownChainNames } from './ruleset.ts';

/** A rule as iptables-save printed it: "-A INPUT -i eth0 -j CONJURER-INPUT". */
export interface SavedRule {
  readonly table: string;
  readonly chain: string;
  /** What follows "-A CHAIN ". */
  readonly text: string;
}

export interface Saved {
  readonly rules: readonly SavedRule[];
  /** "filter CONJURER-INPUT" */
  readonly chains: ReadonlySet<string>;
}

/** The output of iptables-save. Lines of no interest, such as comments, are passed over. */
export function parseSaved(text: string): Saved {
  const rules: SavedRule[] = [];
  const chains = new Set<string>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    else if (line.startsWith(':')) chains.add(`${table} ${line.slice(1).split(' ', 1)[0]}`);
    const rule = /^(?:\[\d+:\d+\] )?-A (\S+) (.*)$/.exec(line);
    if (rule !== null) rules.push({ table, chain: rule[1] ?? '', text: (rule[2] ?? '').trim() });
  }
  return { rules, chains };
}

/** The own chains as they are there now. */
export function ownChains(saved: Saved): OwnChain[] {
  return ownChainNames.map(({ table, name, from }) => {
    const exists = saved.chains.has(`${table} ${name}`);
    const rules = saved.rules.filter(rule => rule.table === table && rule.chain === name).map(rule => rule.text);
    const interfaces = from === null ? [] : jumpsTo(saved, { table, name, from });
    return { table, name, from, interfaces, rules: exists ? rules : null };
  });
}

/** Two rules say the same, whatever the version of iptables that printed them. */
export function sameRule(a: string, b: string): boolean {
  return canonical(a) === canonical(b);
}

/** Interfaces from which packets are sent to this chain, each once, sorted. */
function jumpsTo(saved: Saved, chain: Pick<OwnChain, 'table' | 'name' | 'from'>): string[] {
  const jump = new RegExp(`^-i (\\S+) -j ${chain.name}$`);
  const found = saved.rules
    .filter(rule => rule.table === chain.table && rule.chain === chain.from)
    .flatMap(rule => jump.exec(rule.text)?.[1] ?? []);
  return [...new Set(found)].sort();
}

/**
 * A packet of an uplink may be accepted before it comes to the jump. Only rules that accept by themselves are seen: what
 * Kubernetes and its network put in front are jumps, and theirs.
 */
export function isShadowed(saved: Saved, chain: OwnChain): boolean {
  const rules = saved.rules.filter(rule => rule.table === chain.table && rule.chain === chain.from);
  return chain.interfaces.some(name => {
    const jump = rules.findIndex(rule => rule.text === `-i ${name} -j ${chain.name}`);
    return rules.slice(0, Math.max(0, jump)).some(rule => accepts(rule.text, name));
  });
}

function accepts(rule: string, uplink: string): boolean {
  if (!/(^| )-j ACCEPT$/.test(rule)) return false;
  const only = /(^|[^!] )-i (\S+)/.exec(rule)?.[2];
  if (only === undefined) return true;
  return only.endsWith('+') ? uplink.startsWith(only.slice(0, -1)) : only === uplink;
}

/**
 * Option by option, sorted: `-m tcp` says nothing that `--dport` does not, versions differ in their order and in which
 * of them they quote.
 */
function canonical(rule: string): string {
  const words = (rule.match(/"[^"]*"|\S+/g) ?? []).map(word => word.replaceAll('"', '').trim());
  const options: string[][] = [];
  for (const word of words) {
    const last = options.at(-1);
    if (last === undefined || (word.startsWith('-') && last.at(-1) !== '!') || word === '!') options.push([word]);
    else last.push(word);
  }
  return options
    .map(option => option.map(alike).join(' '))
    .filter(option => !option.startsWith('-m '))
    .sort()
    .join('\n');
}

function alike(word: string): string {
  if (word === 'ipencap' || word === 'ipip') return '4';
  if (word === 'icmpv6') return 'ipv6-icmp';
  if (/^\d+\/(min|minute)$/.test(word)) return word.replace('minute', 'min');
  return word.includes(',') ? word.split(',').sort().join(',') : word;
}
