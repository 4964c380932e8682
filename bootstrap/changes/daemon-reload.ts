import type { ChangeKind, DaemonReloadChange } from '../change.ts';
import { readUnit } from '../components/unit-on-machine.ts';

const never = new AbortController().signal;

/** systemd goes by what is on the disk. What it read before is nowhere any more, so that there is no undo. */
export const daemonReloadChange: ChangeKind<DaemonReloadChange> = {
  isDone: async ({ unit }, host) => !(await readUnit(unit, host, never)).needsReload,
  apply: (_, host) => host.units.reload(),
  undo: async () => [],
};
