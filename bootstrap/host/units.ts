import * as z from 'zod';
import { AgentError } from '../errors.ts';
import type { RunResult, UnitState, Units } from './host.ts';

/** Runs systemctl with these arguments. */
export type Systemctl = (args: readonly string[], timeoutMs: number) => Promise<RunResult>;

const queryMs = 10_000;
const actMs = 120_000;

/** `systemctl show` in the fields that are used; a unit that does not exist answers with LoadState=not-found. */
const shownUnit = z.object({
  LoadState: z.string(),
  ActiveState: z.string(),
  SubState: z.string(),
  UnitFileState: z.string().default(''),
});

/** The units of the system that runs. */
export function runningUnits(systemctl: Systemctl): Units {
  return {
    async state(unit) {
      const properties = Object.keys(shownUnit.shape).join(',');
      const result = await systemctl(['show', '--no-pager', `--property=${properties}`, '--', unit], queryMs);
      const shown = shownUnit.safeParse(keyValues(result.stdout));
      if (result.status !== 0 || !shown.success) throw refused(`cannot read the state of ${unit}`, unit, result);
      const { LoadState, ActiveState, SubState, UnitFileState } = shown.data;
      return {
        exists: LoadState !== 'not-found',
        enabled: UnitFileState === 'enabled',
        active: ActiveState === 'active' || ActiveState === 'reloading',
        detail: `${ActiveState} (${SubState})`,
      };
    },
    setEnabled: (unit, enabled) => act(systemctl, [enabled ? 'enable' : 'disable', '--', unit], unit),
    setActive: (unit, active) => act(systemctl, [active ? 'start' : 'stop', '--', unit], unit),
    reload: () => act(systemctl, ['daemon-reload'], 'the service manager'),
  };
}

/** The units of a tree that is not booted: what it shall start can be set, but nothing can be started. */
export function offlineUnits(systemctl: Systemctl, root: string): Units {
  const inTree = (...args: string[]) => [`--root=${root}`, ...args];
  return {
    async state(unit): Promise<UnitState> {
      const result = await systemctl(inTree('is-enabled', '--', unit), queryMs);
      const answer = result.stdout.trim();
      if (result.missing) throw refused(`cannot read the state of ${unit}`, unit, result);
      const exists = answer !== '' && answer !== 'not-found';
      return { exists, enabled: answer === 'enabled', active: false, detail: 'inactive (the tree is not booted)' };
    },
    setEnabled: (unit, enabled) => act(systemctl, inTree(enabled ? 'enable' : 'disable', '--', unit), unit),
    async setActive(unit, active) {
      if (!active) return;
      throw new AgentError('E_UNIT', `cannot start ${unit}: the tree ${root} is not booted`, {
        seen: 'a directory given by --root',
        wanted: 'the running system',
        next: 'boot this system, and there: conjurer run',
      });
    },
    reload: async () => undefined,
  };
}

async function act(systemctl: Systemctl, args: readonly string[], unit: string): Promise<void> {
  const result = await systemctl(args, actMs);
  if (result.status === 0) return;
  throw refused(`systemctl ${args.filter(arg => arg !== '--').join(' ')} failed`, unit, result);
}

function refused(message: string, unit: string, result: RunResult): AgentError {
  const said = result.stderr.trim() || result.stdout.trim();
  const seen = result.missing ? 'there is no systemctl' : result.timedOut ? 'no answer in time' : said;
  return new AgentError('E_UNIT', message, {
    seen: `${seen.slice(0, 2000)} (status ${result.status ?? 'none'})`,
    next: `systemctl status ${unit}; journalctl -u ${unit}; then: conjurer run`,
  });
}

function keyValues(text: string): Record<string, string> {
  const pairs = text.split('\n').filter(line => line.includes('='));
  return Object.fromEntries(pairs.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}
