import type { OwnChain } from '../change.ts';
import { AgentError } from '../errors.ts';
import type { Host, RunResult } from '../host/host.ts';
import { parseSaved, type Saved } from './saved.ts';
import type { Family } from './settings.ts';

/** 'nft' and 'legacy' are two packet filters in one kernel; a packet must pass both. */
export type Variant = 'nft' | 'legacy';

export interface Version {
  readonly variant: Variant;
  /** "1.8.9" */
  readonly number: string;
  /** iptables-restore waits for the lock by itself (-w). */
  readonly restoreWaits: boolean;
}

/** The host's iptables: whichever its alternatives name, since that is what Kubernetes uses too. */
export interface Iptables {
  version(): Promise<Version>;
  /** The rules of the tables that hold own chains: that of NAT may be huge on a busy node. */
  save(family: Family): Promise<Saved>;
  /** One transaction a table; what is not named stays. Throws E_FIREWALL_REFUSED. */
  restore(family: Family, input: string): Promise<void>;
  /** The jump is there, first of all where it was not. Safe to call again. Throws E_FIREWALL_REFUSED. */
  ensureJump(family: Family, chain: OwnChain, uplink: string): Promise<void>;
}

const lockSeconds = '10';
const lockFile = '/run/xtables.lock';
const limit = { timeoutMs: 30_000 };

export function createIptables(host: Pick<Host, 'run'>): Iptables {
  let known: Promise<Version> | null = null;
  const version = () => {
    known ??= readVersion(host);
    return known;
  };
  return {
    version,

    async save(family) {
      const tables = ['filter', 'mangle'] as const;
      const saved = await Promise.all(
        tables.map(async table => {
          const result = await host.run([`${program(family)}-save`, '-t', table], limit);
          if (result.status !== 0) throw refused(`the ${family} rules cannot be read`, result);
          return result.stdout;
        }),
      );
      return parseSaved(saved.join(''));
    },

    async restore(family, input) {
      const restore = [`${program(family)}-restore`, '--noflush'] as const;
      const { restoreWaits } = await version();
      const argv = restoreWaits
        ? ([...restore, '-w', lockSeconds] as const)
        : (['flock', '-w', lockSeconds, lockFile, ...restore] as const);
      const result = await host.run([...argv], { ...limit, input });
      if (result.status !== 0) throw refused(`the ${family} rules were refused`, result);
    },

    async ensureJump(family, { table, from, name }, uplink) {
      const jump = ['-i', uplink, '-j', name];
      const iptables = [program(family), '-w', lockSeconds, '-t', table] as const;
      const there = await host.run([...iptables, '-C', `${from}`, ...jump], limit);
      if (there.status === 0) return;
      const result = await host.run([...iptables, '-I', `${from}`, ...jump], limit);
      if (result.status !== 0) throw refused(`the ${family} jump to ${name} was refused`, result);
    },
  };
}

/** "iptables v1.8.9 (nf_tables)"; before 1.8 there was only the legacy one, and it did not say so. */
async function readVersion(host: Pick<Host, 'run'>): Promise<Version> {
  const result = await host.run(['iptables', '-V'], limit);
  const number = /v(\d+\.\d+\.\d+)/.exec(result.stdout)?.[1];
  if (result.missing || number === undefined) {
    throw new AgentError('E_FIREWALL_UNAVAILABLE', 'this machine has no iptables', {
      seen: result.missing ? 'no program iptables' : result.stdout.trim() || result.stderr.trim(),
      wanted: 'iptables and ip6tables 1.6.1 or newer',
    });
  }
  const [major = 0, minor = 0, patch = 0] = number.split('.').map(Number);
  return {
    variant: result.stdout.includes('nf_tables') ? 'nft' : 'legacy',
    number,
    restoreWaits: major * 10_000 + minor * 100 + patch >= 10_602,
  };
}

function program(family: Family): 'iptables' | 'ip6tables' {
  return family === 'ipv4' ? 'iptables' : 'ip6tables';
}

function refused(message: string, { argv, status, stderr, timedOut, missing }: RunResult): AgentError {
  const said = missing ? 'there is no such program' : timedOut ? 'no answer in time' : stderr.trim().slice(0, 2000);
  return new AgentError('E_FIREWALL_REFUSED', message, {
    seen: `${argv.join(' ')}: ${said} (status ${status ?? 'none'})`,
    wanted: 'status 0',
  });
}
