import * as z from 'zod';
import { AgentError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { dropInsOnDisk, offlineUnit } from './offline-unit.ts';

/** A systemd unit as it applies on this machine. */
export interface UnitOnMachine {
  /** The unit file that is in force; null: there is none. */
  readonly fragment: string | null;
  readonly masked: boolean;
  /** Every drop-in that is in force. */
  readonly dropIns: readonly string[];
  /** Drop-ins on the disk that come into force when systemd reads them, at the next boot at the latest. */
  readonly unread: readonly string[];
  readonly enabled: boolean;
  /** systemd read it before it was last changed on the disk. */
  readonly needsReload: boolean;
}

/** `systemctl show` in the fields that are used. */
const Shown = z.object({
  LoadState: z.string(),
  FragmentPath: z.string(),
  DropInPaths: z.string(),
  UnitFileState: z.string(),
  NeedDaemonReload: z.enum(['yes', 'no']),
});

const queryMs = 10_000;

/** Asks systemd, or reads the files by its rules where the machine is a tree that is not booted. Throws E_UNIT. */
export async function readUnit(unit: string, host: Host, signal: AbortSignal): Promise<UnitOnMachine> {
  if (host.root !== '/') return offlineUnit(unit, host.files);
  const properties = Object.keys(Shown.shape).join(',');
  const argv = ['systemctl', 'show', '--no-pager', `--property=${properties}`, '--', unit] as const;
  const result = await host.run(argv, { timeoutMs: queryMs, signal });
  const lines = result.stdout.split('\n').filter(line => line.includes('='));
  const shown = Shown.safeParse(
    Object.fromEntries(lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])),
  );
  if (result.status !== 0 || !shown.success) {
    throw new AgentError('E_UNIT', `cannot read the state of ${unit}`, {
      seen: result.missing ? 'there is no systemctl' : result.stderr.trim().slice(0, 500) || 'no usable answer',
      next: `systemctl status ${unit}`,
    });
  }
  const { LoadState, FragmentPath, DropInPaths, UnitFileState, NeedDaemonReload } = shown.data;
  const dropIns = DropInPaths.split(' ').filter(path => path !== '');
  // NeedDaemonReload says nothing of a new drop-in folder: systemd compares with the folders that it has in its cache.
  const onDisk = await dropInsOnDisk(unit, host.files);
  const unread = onDisk.filter(path => !dropIns.some(one => sameUnitPath(one, path)));
  return {
    fragment: FragmentPath === '' || LoadState === 'masked' ? null : FragmentPath,
    masked: LoadState === 'masked',
    dropIns,
    unread,
    enabled: UnitFileState === 'enabled',
    needsReload: NeedDaemonReload === 'yes' || unread.length > 0,
  };
}

/** /lib is /usr/lib on today's systems, and systemd names either. */
export function sameUnitPath(one: string, other: string): boolean {
  return one.replace(/^\/lib\//, '/usr/lib/') === other.replace(/^\/lib\//, '/usr/lib/');
}
