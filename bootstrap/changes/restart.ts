import { AgentError } from '../errors.ts';
import type { Host } from '../host/host.ts';

/**
 * Writes what a service reads at its start, and starts it again if it runs. That a restart is owed is noted before, below
 * /run: a process that dies in between leaves the note, and a machine that restarts needs no restart of the service.
 */
export async function restartWith(unit: string, host: Host, write: () => Promise<void>): Promise<void> {
  if (host.root !== '/') return write();
  await host.files.write(noteOf(unit), '', 0o600);
  await write();
  await host.units.reload();
  if (!(await host.units.state(unit)).exists) return host.files.remove(noteOf(unit));
  const result = await host.run(['systemctl', 'try-restart', '--', unit], { timeoutMs: 120_000 });
  if (result.status !== 0) {
    throw new AgentError('E_UNIT', `${unit} did not start again with its new settings`, {
      seen: `${result.stderr.trim().slice(0, 2000)} (status ${result.status ?? 'none'})`,
      next: `systemctl status ${unit}; journalctl -u ${unit}; then: conjurer run`,
    });
  }
  await host.files.remove(noteOf(unit));
}

export async function isRestartOwed(unit: string, host: Host): Promise<boolean> {
  return host.root === '/' && (await host.files.stat(noteOf(unit))) !== null;
}

function noteOf(unit: string): string {
  return `/run/conjurer/restart-owed-${unit}`;
}
