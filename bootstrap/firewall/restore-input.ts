import type { OwnChain } from '../change.ts';
import { sessionsChain } from './ruleset.ts';

/** What the restore is to do beside filling the chains. */
export interface Restoring {
  /** The own chains as they are now. */
  readonly now: readonly OwnChain[];
  /** Rules of the sessions that are open. */
  readonly sessions: readonly string[];
  /** Chains whose jumps stand behind a rule that accepts: these jumps are put first again. */
  readonly shadowed: ReadonlySet<string>;
}

/**
 * The input of `iptables-restore --noflush` for the own chains: each table is one transaction. null where there is
 * nothing to do. Jumps that are missing are not among it (`-C || -I`), since another program may just have added them.
 */
export function restoreInput(wanted: readonly OwnChain[], restoring: Restoring): string | null {
  const tables = [...new Set(wanted.map(chain => chain.table))];
  const text = tables.map(table => tableText(table, wanted, restoring)).join('');
  return text === '' ? null : text;
}

function tableText(table: string, wanted: readonly OwnChain[], { now, sessions, shadowed }: Restoring): string {
  const chains = wanted.filter(chain => chain.table === table);
  const before = (chain: OwnChain) => now.find(one => one.table === table && one.name === chain.name);
  const isThere = (chain: OwnChain) => (before(chain)?.rules ?? null) !== null;
  const filled = chains.filter(chain => chain.rules !== null);
  const gone = chains.filter(chain => chain.rules === null && isThere(chain));
  if (filled.length === 0 && gone.length === 0) return '';
  const jump = (action: string, chain: OwnChain, name: string) => `${action} ${chain.from} -i ${name} -j ${chain.name}`;
  const stale = chains.flatMap(chain =>
    (before(chain)?.interfaces ?? [])
      .filter(name => chain.rules === null || !chain.interfaces.includes(name))
      .map(name => jump('-D', chain, name)),
  );
  const raised = filled
    .filter(chain => shadowed.has(chain.name))
    .flatMap(chain =>
      (before(chain)?.interfaces ?? [])
        .filter(name => chain.interfaces.includes(name))
        .flatMap(name => [jump('-D', chain, name), jump('-I', chain, name)]),
    );
  const lines = [
    `*${table}`,
    ...filled.map(chain => `:${chain.name} - [0:0]`),
    ...filled.flatMap(chain => {
      const more = chain.name === sessionsChain ? sessions : [];
      return [...(chain.rules ?? []), ...more].map(rule => `-A ${chain.name} ${rule}`);
    }),
    ...stale,
    ...raised,
    ...gone.flatMap(chain => [`-F ${chain.name}`]),
    ...gone.flatMap(chain => [`-X ${chain.name}`]),
    'COMMIT',
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * The rules as a file that /usr/lib/conjurer/restore-firewall sets at boot, without the agent: the own chains for
 * iptables-restore, and the jumps in comments that it skips.
 */
export function rulesFile(chains: readonly OwnChain[]): string {
  const kept = chains.filter(chain => chain.rules !== null);
  const jumps = kept.flatMap(({ table, from, interfaces, name }) =>
    interfaces.map(uplink => `# jump ${table} ${from} ${uplink} ${name}`),
  );
  const body = restoreInput(kept, { now: [], sessions: [], shadowed: new Set() }) ?? '';
  return ['# Written by conjurer from the section firewall of conjurer.yaml. Change it there.', ...jumps, body].join(
    '\n',
  );
}
