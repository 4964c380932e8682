import type { Change, FileChange, RulesetChange, UnitChange } from '../change.ts';
import { fileChange } from '../changes/file.ts';
import { rulesetChange } from '../changes/ruleset.ts';
import { unitChange } from '../changes/unit.ts';
import { AgentError } from '../errors.ts';
import type { Facts } from '../facts/facts.ts';
import type { Host } from '../host/host.ts';
import type { Stage } from '../stage.ts';
import { createIptables } from './iptables.ts';
import { rulesFile } from './restore-input.ts';
import { refuseRivals, rulesOfOtherVariant } from './rivals.ts';
import { noRuleset, roleOf, rulesetOf } from './ruleset.ts';
import type { FirewallSettings } from './settings.ts';

export interface FirewallParts {
  readonly settings: FirewallSettings;
  /** The configuration speaks of the firewall: then a machine where it cannot be set is an error, and not a remark. */
  readonly isAsked: boolean;
  /** Tries the way to the Controller once. */
  probe(signal: AbortSignal): Promise<Probe>;
  /** Says to the person what is worth knowing and no failure. */
  note(text: string): void;
}

/** `unknown`: no address of a Controller is configured, or `text` says what else stood in the way of trying. */
export interface Probe {
  readonly result: 'reached' | 'not-reached' | 'unknown';
  /** "https://controller.example.com accepts connections" */
  readonly text: string;
}

export const firewallUnit = 'conjurer-firewall.service';
export const rulesFiles = {
  ipv4: '/etc/conjurer/firewall/ipv4.rules',
  ipv6: '/etc/conjurer/firewall/ipv6.rules',
} as const;

const rulesId = 'rules';

/**
 * Inbound tcp 80 and 443 and nothing else on the uplinks, now and after each restart. Taken back where the Controller
 * could be reached before and cannot be after. A tree that is not booted has no rules: nothing is done there.
 */
export function firewallStage(parts: FirewallParts): Stage<'firewall', 'facts'> {
  const { settings, isAsked, probe, note } = parts;
  let before: Probe | null = null;
  return {
    name: 'firewall',
    needs: ['facts'],
    onFailure: 'revert',

    async plan({ host, outputs, signal }) {
      if (host.root !== '/') return [];
      const hasIpv6 = await knowsIpv6(host);
      if (!settings.enabled) return whatIsLeft(host, hasIpv6);
      const why = isAsked ? null : await unusable(settings, outputs.facts, host);
      if (why !== null) {
        note(`inbound ports stay open: ${why.message}; firewall.enabled: true in conjurer.yaml makes this an error`);
        return [];
      }
      await refuseRivals(host.files);
      const { variant } = await createIptables(host).version();
      const other = await rulesOfOtherVariant(host, variant);
      if (other !== null) note(otherVariantText(other));
      const change = wantedRules(settings, outputs.facts, hasIpv6);
      const rules = (await rulesetChange.isDone(change, host)) ? [] : [change];
      if (rules.length > 0) before ??= await probe(signal);
      return [...rules, ...(await missing(persisted(change.families, await hasUnit(host)), host))];
    },

    async verify({ host, outputs, signal }) {
      if (host.root !== '/') {
        return { uplinks: [], notProved: ['a tree that is not booted has no packet filter: its rules are set there'] };
      }
      if (!settings.enabled) return { uplinks: [], notProved: ['firewall.enabled is false: conjurer sets no rules'] };
      const why = isAsked ? null : await unusable(settings, outputs.facts, host);
      if (why !== null) return { uplinks: [], notProved: [`that inbound ports are closed: ${why.message}`] };
      const hasIpv6 = await knowsIpv6(host);
      const change = wantedRules(settings, outputs.facts, hasIpv6);
      if (!(await rulesetChange.isDone(change, host))) throw drift();
      const after = before === null ? null : await probe(signal);
      if (before?.result === 'reached' && after?.result !== 'reached') throw cutOff(before, after);
      const notProved = [
        ...(after === null || after.result === 'reached' ? [] : [`that the Controller can be reached: ${after.text}`]),
        ...((await hasUnit(host)) ? [] : [`that the rules come back after a restart: there is no ${firewallUnit}`]),
      ];
      for (const text of notProved) note(`not proved: ${text}`);
      return { uplinks: change.families.ipv4[0]?.interfaces ?? [], notProved };
    },
  };
}

/** What this machine lacks to have rules at all: iptables, or an interface that leads out. null: nothing. */
async function unusable(settings: FirewallSettings, facts: Facts, host: Host): Promise<AgentError | null> {
  try {
    await createIptables(host).version();
    uplinksOf(settings, facts);
    return null;
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    if (error.code !== 'E_FIREWALL_UNAVAILABLE' && error.code !== 'E_FIREWALL_UPLINK') throw error;
    return error;
  }
}

function wantedRules(settings: FirewallSettings, facts: Facts, hasIpv6: boolean): RulesetChange {
  const uplinks = uplinksOf(settings, facts);
  const families = rulesetOf(settings, { uplinks, role: roleOf(settings), hasIpv6 });
  return { kind: 'ruleset', id: rulesId, families };
}

/** Throws E_FIREWALL_UPLINK: rules for an interface that is not there would leave the machine open. */
export function uplinksOf({ uplinks }: Pick<FirewallSettings, 'uplinks'>, { nics }: Pick<Facts, 'nics'>): string[] {
  const found = nics.filter(nic => nic.uplink).map(nic => nic.name);
  if (uplinks === 'auto') {
    if (found.length > 0) return found;
    throw new AgentError('E_FIREWALL_UPLINK', 'no interface was found that leads out of this machine', {
      seen: nics.map(nic => nic.name).join(', ') || 'no interface',
      wanted: 'a network card, or a default route',
    });
  }
  const unknown = uplinks.filter(name => !nics.some(nic => nic.name === name));
  if (unknown.length === 0 && uplinks.length > 0) return [...uplinks];
  throw new AgentError('E_FIREWALL_UPLINK', 'firewall.uplinks names no interface of this machine', {
    seen: unknown.join(', ') || 'an empty list',
    wanted: nics.map(nic => nic.name).join(', '),
  });
}

type Persisting = FileChange | UnitChange;

async function missing(changes: readonly Persisting[], host: Host): Promise<Persisting[]> {
  const isDone = (change: Persisting) =>
    change.kind === 'file' ? fileChange.isDone(change, host) : unitChange.isDone(change, host);
  const done = await Promise.all(changes.map(isDone));
  return changes.filter((_, at) => done[at] === false);
}

function persisted(families: RulesetChange['families'], withUnit: boolean): Persisting[] {
  const file = (path: string, content: string | null): Persisting => ({
    kind: 'file',
    id: path.slice(path.lastIndexOf('/') + 1),
    path,
    mode: 0o644,
    content,
  });
  return [
    file(rulesFiles.ipv4, rulesFile(families.ipv4)),
    file(rulesFiles.ipv6, families.ipv6 === null ? null : rulesFile(families.ipv6)),
    ...(withUnit ? [{ kind: 'unit', id: firewallUnit, unit: firewallUnit, enabled: true } as const] : []),
  ];
}

/** Of rules that an earlier configuration has set; where there are none, not even iptables is looked for. */
async function whatIsLeft(host: Host, hasIpv6: boolean): Promise<Change[]> {
  if ((await host.files.stat(rulesFiles.ipv4)) === null) return [];
  const gone = (path: string): Change => ({ kind: 'file', id: path, path, mode: 0o644, content: null });
  return [
    { kind: 'ruleset', id: rulesId, families: noRuleset({ hasIpv6 }) },
    { ...gone(rulesFiles.ipv6), id: 'ipv6.rules' },
    { ...gone(rulesFiles.ipv4), id: 'ipv4.rules' },
    ...((await hasUnit(host)) ? [{ kind: 'unit', id: firewallUnit, unit: firewallUnit, enabled: false } as const] : []),
  ];
}

async function knowsIpv6({ files }: Host): Promise<boolean> {
  return (await files.stat('/proc/sys/net/ipv6')) !== null;
}

async function hasUnit({ files }: Host): Promise<boolean> {
  const folders = ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'];
  const found = await Promise.all(folders.map(folder => files.stat(`${folder}/${firewallUnit}`)));
  return found.some(info => info !== null);
}

function otherVariantText(other: { variant: string; rules: number; chains: readonly string[] }): string {
  return (
    `the ${other.variant} packet filter holds ${other.rules} rules too (${other.chains.slice(0, 8).join(', ')}): ` +
    `a packet must pass both; iptables-${other.variant}-save shows them`
  );
}

function drift(): AgentError {
  return new AgentError('E_STAGE_NOT_PROVED', 'the packet filter does not hold the rules', {
    seen: 'own chains or jumps that differ',
    wanted: 'what conjurer plan --only firewall shows',
    next: 'conjurer plan --only firewall, then: conjurer run --only firewall',
  });
}

function cutOff(before: Probe, after: Probe | null): AgentError {
  return new AgentError('E_FIREWALL_CUT_OFF', 'with the rules in force the Controller cannot be reached', {
    seen: after?.text ?? 'no answer',
    wanted: before.text,
  });
}
