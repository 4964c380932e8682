import type { OwnChain, RulesetChange } from '../change.ts';
import { parseCidr } from './cidr.ts';
import { peerPorts } from './peer-ports.ts';
import type { Family, FirewallSettings } from './settings.ts';

export const inputChain = 'CONJURER-INPUT';
export const sessionsChain = 'CONJURER-SESSIONS';
export const nodePortChain = 'CONJURER-NODEPORT';
export const forwardChain = 'CONJURER-FORWARD';

/** One node of its own, or one of several that talk to each other. */
export type NodeRole = 'single' | 'member';

export function roleOf({ peers }: Pick<FirewallSettings, 'peers'>): NodeRole {
  return peers.length === 0 ? 'single' : 'member';
}

/**
 * What may come in on the uplinks, for both families: established connections, the ICMP that IP needs, DHCP, the open
 * ports, peers from their networks; all else is logged now and then, and dropped. The same holds for what this machine
 * would pass on: to pods, by their own address or by a port of this machine. Node ports are closed before NAT.
 * `uplinks`: names of interfaces. `hasIpv6`: the kernel knows IPv6.
 */
export function rulesetOf(
  settings: FirewallSettings,
  { uplinks, role, hasIpv6 }: { uplinks: readonly string[]; role: NodeRole; hasIpv6: boolean },
): RulesetChange['families'] {
  const chains = (family: Family) => chainsOf(settings, family, [...uplinks].sort(), role);
  return { ipv4: chains('ipv4'), ipv6: hasIpv6 ? chains('ipv6') : null };
}

/** None of the own chains. */
export function noRuleset({ hasIpv6 }: { hasIpv6: boolean }): RulesetChange['families'] {
  const chains = ownChainNames.map(chain => ({ ...chain, interfaces: [], rules: null }));
  return { ipv4: chains, ipv6: hasIpv6 ? chains : null };
}

/** Every chain that is conjurer's own, one that jumps to another before that one. */
export const ownChainNames = [
  { table: 'filter', name: inputChain, from: 'INPUT' },
  { table: 'filter', name: sessionsChain, from: null },
  { table: 'mangle', name: nodePortChain, from: 'PREROUTING' },
  // In front of the table filter, where kube-proxy accepts what it has marked before anybody else is asked.
  { table: 'mangle', name: forwardChain, from: 'FORWARD' },
] as const satisfies readonly Pick<OwnChain, 'table' | 'name' | 'from'>[];

function chainsOf(
  settings: FirewallSettings,
  family: Family,
  interfaces: readonly string[],
  role: NodeRole,
): readonly OwnChain[] {
  const [input, sessions, nodePorts, forward] = ownChainNames;
  const closed = settings.nodePorts.open ? null : nodePortRules(settings, family);
  return [
    { ...input, interfaces, rules: inputRules(settings, family, role) },
    // The sessions that are open when the rules are applied: bootstrap/firewall/sessions.ts.
    { ...sessions, interfaces: [], rules: [] },
    { ...nodePorts, interfaces: closed === null ? [] : interfaces, rules: closed },
    { ...forward, interfaces, rules: forwardRules(settings, family, role) },
  ];
}

function inputRules(settings: FirewallSettings, family: Family, role: NodeRole): string[] {
  return [
    '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    `-j ${sessionsChain}`,
    ...(family === 'ipv4' ? icmp : icmpv6),
    family === 'ipv4'
      ? '-p udp -m udp --sport 67 --dport 68 -j ACCEPT'
      : '-s fe80::/10 -p udp -m udp --sport 547 --dport 546 -j ACCEPT',
    ...[...new Set(settings.tcp)].map(port => `-p tcp -m tcp --dport ${port} -j ACCEPT`),
    ...settings.allow.flatMap(({ port, protocol, cidrs }) =>
      fromEach(cidrs, family, `-p ${protocol} -m ${protocol} --dport ${range(port)}`, 'ACCEPT'),
    ),
    ...(role === 'member' ? peerPorts.flatMap(match => fromEach(settings.peers, family, match, 'ACCEPT')) : []),
    ...dropped,
  ];
}

const dropped = [
  '-m limit --limit 6/min --limit-burst 10 -j LOG --log-prefix "conjurer drop: " --log-level 7',
  '-j DROP',
];

/** What is let through here meets the rules of FORWARD, and those of Kubernetes, next. */
function forwardRules(settings: FirewallSettings, family: Family, role: NodeRole): string[] {
  const asked = (protocol: string, port: number | string) =>
    `-p ${protocol} -m conntrack --ctstate DNAT --ctorigdstport ${range(port)}`;
  const { nodePorts } = settings;
  return [
    '-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN',
    ...[...new Set(settings.tcp)].map(port => `${asked('tcp', port)} -j RETURN`),
    ...settings.allow.flatMap(({ port, protocol, cidrs }) => fromEach(cidrs, family, asked(protocol, port), 'RETURN')),
    ...(nodePorts.open ? ['tcp', 'udp'].map(protocol => `${asked(protocol, nodePorts.range)} -j RETURN`) : []),
    ...(role === 'member' ? fromEach(settings.peers, family, '', 'RETURN') : []),
    ...dropped,
  ];
}

/**
 * RFC 4890 without what no host needs. Neighbour and router messages are accepted whatever their hop limit says, since
 * the kernel itself refuses those that a router has forwarded.
 */
const icmp = [3, 8, 11, 12].map(type => `-p icmp -m icmp --icmp-type ${type} -j ACCEPT`);
const icmpv6 = [
  ...[1, 2, 3, 4, 128, 133, 134, 135, 136, 141, 142].map(type => icmpv6Rule(type, '')),
  ...[130, 131, 132, 143].map(type => icmpv6Rule(type, '-s fe80::/10 ')),
];

function icmpv6Rule(type: number, source: string): string {
  return `${source}-p ipv6-icmp -m icmp6 --icmpv6-type ${type} -j ACCEPT`;
}

/** What is let through here meets the rules of INPUT or of Kubernetes next. */
function nodePortRules(settings: FirewallSettings, family: Family): string[] {
  const [first, last] = bounds(settings.nodePorts.range);
  const inRange = (port: number | string) => bounds(port)[0] <= last && bounds(port)[1] >= first;
  const closed = (protocol: string) =>
    `-p ${protocol} -m ${protocol} --dport ${first}:${last} -m addrtype --dst-type LOCAL -m conntrack --ctstate NEW -j DROP`;
  return [
    ...[...new Set(settings.tcp)].filter(inRange).map(port => `-p tcp -m tcp --dport ${port} -j RETURN`),
    ...settings.allow
      .filter(({ port }) => inRange(port))
      .flatMap(({ port, protocol, cidrs }) =>
        fromEach(cidrs, family, `-p ${protocol} -m ${protocol} --dport ${range(port)}`, 'RETURN'),
      ),
    closed('tcp'),
    closed('udp'),
  ];
}

function fromEach(cidrs: readonly string[], family: Family, match: string, target: string): string[] {
  return cidrs.flatMap(written => {
    const cidr = parseCidr(written);
    if (cidr === null || cidr.family !== family) return [];
    return [[...(cidr.everyone ? [] : [`-s ${cidr.text}`]), match, `-j ${target}`].filter(Boolean).join(' ')];
  });
}

function range(port: number | string): string {
  const [first, last] = bounds(port);
  return first === last ? `${first}` : `${first}:${last}`;
}

function bounds(port: number | string): readonly [number, number] {
  const [first, last] = String(port).split('-').map(Number);
  return [first ?? 0, last ?? first ?? 0];
}
