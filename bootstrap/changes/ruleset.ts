import type { ChangeKind, OwnChain, RulesetChange } from '../change.ts';
import { createIptables, type Iptables } from '../firewall/iptables.ts';
import { restoreInput } from '../firewall/restore-input.ts';
import { sessionsChain } from '../firewall/ruleset.ts';
import { isShadowed, ownChains, type Saved, sameRule } from '../firewall/saved.ts';
import { openSessions, type Session, sessionRules } from '../firewall/sessions.ts';
import type { Family } from '../firewall/settings.ts';
import type { Host } from '../host/host.ts';

/**
 * conjurer's own chains hold exactly these rules, packets of the uplinks are sent to them, and no rule that accepts stands
 * in front. IPv6 before IPv4, each table in one transaction; chains of others are neither read back nor written.
 * A connection that is open while the rules are set stays open. Undo brings back the own chains and their jumps.
 */
export const rulesetChange: ChangeKind<RulesetChange> = {
  async isDone(change, host) {
    const iptables = createIptables(host);
    for (const [family, wanted] of familiesOf(change)) {
      if ((await differences(iptables, family, wanted)).length > 0) return false;
    }
    return true;
  },

  async apply(change, host) {
    const iptables = createIptables(host);
    const sessions = await openSessions(host.files);
    for (const [family, wanted] of familiesOf(change)) await applyFamily(iptables, family, wanted, sessions);
  },

  async undo(change, host) {
    const iptables = createIptables(host);
    const now = async (family: Family) => ownChains(await iptables.save(family));
    const ipv6 = change.families.ipv6 === null ? null : await now('ipv6');
    return [{ ...change, families: { ipv4: await now('ipv4'), ipv6 } }];
  },
};

/** What `conjurer plan` shows: "- " what goes, "+ " what comes, in the words of iptables-save. */
export async function describeRuleset(change: RulesetChange, host: Host): Promise<string[]> {
  const iptables = createIptables(host);
  const lines: string[] = [];
  for (const [family, wanted] of familiesOf(change)) {
    const different = await differences(iptables, family, wanted);
    if (different.length > 0) lines.push(`${family}:`, ...different);
  }
  return lines;
}

function familiesOf({ families }: RulesetChange): [Family, readonly OwnChain[]][] {
  return [
    ...(families.ipv6 === null ? [] : [['ipv6', families.ipv6] as [Family, readonly OwnChain[]]]),
    ['ipv4', families.ipv4],
  ];
}

async function applyFamily(
  iptables: Iptables,
  family: Family,
  wanted: readonly OwnChain[],
  sessions: readonly Session[],
): Promise<void> {
  const saved = await iptables.save(family);
  const shadowed = new Set(wanted.filter(chain => isShadowed(saved, chain)).map(chain => chain.name));
  const input = restoreInput(wanted, {
    now: ownChains(saved),
    sessions: sessionRules(sessions, family),
    shadowed,
  });
  if (input !== null) await iptables.restore(family, input);
  for (const chain of wanted) {
    if (chain.rules === null) continue;
    for (const uplink of chain.interfaces) await iptables.ensureJump(family, chain, uplink);
  }
}

async function differences(iptables: Iptables, family: Family, wanted: readonly OwnChain[]): Promise<string[]> {
  const saved = await iptables.save(family);
  const now = ownChains(saved);
  return wanted.flatMap(chain => {
    const before = now.find(one => one.table === chain.table && one.name === chain.name);
    return before === undefined ? [] : [...chainDiff(before, chain), ...jumpDiff(before, chain, saved)];
  });
}

function chainDiff(before: OwnChain, wanted: OwnChain): string[] {
  const lines = (sign: string, { table, name, rules }: OwnChain) =>
    rules === null ? [] : [`${sign} ${table} ${name}`, ...rules.map(rule => `${sign} ${table} ${name} ${rule}`)];
  if (before.rules === null || wanted.rules === null) return [...lines('-', before), ...lines('+', wanted)];
  if (wanted.name === sessionsChain) return [];
  const [was, will] = [before.rules, wanted.rules];
  if (was.length === will.length && was.every((rule, at) => sameRule(rule, will[at] ?? ''))) return [];
  const has = (rules: readonly string[], rule: string) => rules.some(one => sameRule(one, rule));
  const title = `${wanted.table} ${wanted.name}`;
  const gone = was.filter(rule => !has(will, rule)).map(rule => `- ${title} ${rule}`);
  const come = will.filter(rule => !has(was, rule)).map(rule => `+ ${title} ${rule}`);
  return gone.length + come.length > 0 ? [...gone, ...come] : [`  ${title}: its rules in another order`];
}

function jumpDiff(before: OwnChain, wanted: OwnChain, saved: Saved): string[] {
  const lines = (sign: string, interfaces: readonly string[]) =>
    interfaces.map(name => `${sign} ${wanted.table} ${wanted.from} -i ${name} -j ${wanted.name}`);
  const will = wanted.rules === null ? [] : wanted.interfaces;
  return [
    ...lines(
      '-',
      before.interfaces.filter(name => !will.includes(name)),
    ),
    ...lines(
      '+',
      will.filter(name => !before.interfaces.includes(name)),
    ),
    ...(isShadowed(saved, wanted) ? [`  ${wanted.table} ${wanted.from}: the jump goes in front of what accepts`] : []),
  ];
}
