import { AgentError } from '../errors.ts';
import type { Host } from '../host/host.ts';

/** What brings the network back: the files that change, as they are now. */
export interface WayBack {
  readonly renderer: 'netplan' | 'networkd';
  /** Paths that will be written or removed. */
  readonly paths: readonly string[];
  readonly moves: readonly { readonly from: string; readonly to: string }[];
  /** Virtual interfaces that the change makes. */
  readonly gone: readonly string[];
}

const directory = '/var/lib/conjurer/network-rollback';
const owed = `${directory}/owed`;
const claimed = `${directory}/claimed`;
const confirmed = `${directory}/confirmed`;
const rolledBack = `${directory}/rolled-back`;
const program = '/usr/lib/conjurer/network-rollback';
const service = 'conjurer-network-rollback.service';
const timer = 'conjurer-network-rollback.timer';
const timerDropIn = `/run/systemd/system/${timer}.d/deadline.conf`;
/** Uptime in seconds at which the timer goes off. Gone after a restart, as the timer is. */
const deadlineFile = '/run/conjurer/network-deadline';

/**
 * Makes sure that the network goes back by itself: what is there now is copied aside, then listed in `owed`, then the
 * timer runs. From a run that was cut off, both are kept as they are, so that a run that dies again and again does not
 * push the deadline away. Throws E_NETWORK_UNGUARDED where the machine lacks what would do it.
 */
export async function armRollback(host: Host, wayBack: WayBack, seconds: number): Promise<void> {
  await finishRollback(host);
  await requireUnits(host);
  if (!(await isUnconfirmed(host))) await writeWayBack(host, wayBack);
  else if ((await host.units.state(timer)).active) return;
  await host.files.write(timerDropIn, `[Timer]\nOnActiveSec=\nOnActiveSec=${seconds}\n`, 0o644);
  await host.units.setActive(timer, false);
  await host.units.reload();
  await host.units.setActive(timer, true);
  await host.files.write(deadlineFile, `${(await uptime(host)) + seconds}\n`, 0o644);
  if ((await host.units.state(timer)).active) return;
  throw unguarded(`${timer} does not run after it was started`);
}

/** A change was applied and neither confirmed nor taken back. */
export async function isUnconfirmed({ files }: Pick<Host, 'files'>): Promise<boolean> {
  return (await files.stat(owed)) !== null;
}

/** Seconds until the timer goes off; 0 where it is not known. */
export async function secondsLeft(host: Host): Promise<number> {
  const deadline = Number((await host.files.readText(deadlineFile)) ?? 0);
  return Math.max(0, deadline - (await uptime(host)));
}

/** The change stays. Throws E_NETWORK_ROLLED_BACK where the timer was faster: one of the two renames `owed`. */
export async function confirmChange(host: Host): Promise<void> {
  try {
    await host.files.rename(owed, confirmed);
  } catch (error) {
    if ((await host.files.stat(owed)) !== null) throw error;
    throw new AgentError('E_NETWORK_ROLLED_BACK', 'the network was put back before the change was confirmed', {
      seen: `${rolledBack}: ${(await host.files.readText(rolledBack))?.trim() ?? 'under way'}`,
    });
  }
  await disarm(host);
}

/** What was owed has been done by the agent itself. */
export async function forgetChange(host: Host): Promise<void> {
  await finishRollback(host);
  if (await isUnconfirmed(host)) await host.files.rename(owed, confirmed);
  await disarm(host);
}

/** When the machine last went back without the agent, as that program wrote it (RFC 3339); null: never, or long told. */
export async function lastRollback({ files }: Pick<Host, 'files'>): Promise<string | null> {
  return (await files.readText(rolledBack))?.trim() ?? null;
}

async function writeWayBack(host: Host, { renderer, paths, moves, gone }: WayBack): Promise<void> {
  const lines = [`renderer\t${renderer}`];
  for (const [index, path] of paths.entries()) {
    const info = await host.files.stat(path);
    const bytes = info?.type === 'file' ? await host.files.read(path) : null;
    if (info === null || bytes === null) {
      lines.push(`absent\t${path}`);
      continue;
    }
    await host.files.write(`${directory}/files/${index}`, bytes, 0o600);
    lines.push(`file\t${info.mode.toString(8).padStart(4, '0')}\t${index}\t${path}`);
  }
  lines.push(...moves.map(({ from, to }) => `moved\t${from}\t${to}`), ...gone.map(name => `gone\t${name}`));
  await host.files.remove(rolledBack);
  await host.files.write(owed, `${lines.join('\n')}\n`, 0o600);
}

/** A rollback that was claimed and cut off is gone through with, before anything else. */
async function finishRollback(host: Host): Promise<void> {
  if ((await host.files.stat(claimed)) === null) return;
  await host.units.setActive(service, true);
  if ((await host.files.stat(claimed)) === null) return;
  throw new AgentError('E_NETWORK_ROLLED_BACK', 'an earlier change of the network could not be put back', {
    seen: `${claimed} is still there`,
    next: `journalctl -u ${service}; then: conjurer run`,
  });
}

async function requireUnits(host: Host): Promise<void> {
  const script = await host.files.stat(program);
  if (script === null || (script.mode & 0o100) === 0) throw unguarded(`${program} is not there or cannot be run`);
  const state = await host.units.state(service);
  if (!state.exists) throw unguarded(`there is no ${service}`);
  if (!state.enabled) throw unguarded(`${service} is not enabled, so a restart would not put the network back`);
  if (!(await host.units.state(timer)).exists) throw unguarded(`there is no ${timer}`);
}

async function disarm(host: Host): Promise<void> {
  if ((await host.units.state(timer)).active) await host.units.setActive(timer, false);
  for (const path of [timerDropIn, deadlineFile]) await host.files.remove(path);
  for (const name of (await host.files.list(`${directory}/files`)) ?? []) {
    await host.files.remove(`${directory}/files/${name}`);
  }
  await host.files.remove(confirmed);
}

async function uptime(host: Host): Promise<number> {
  return Number((await host.files.readText('/proc/uptime'))?.split(' ')[0] ?? 0);
}

function unguarded(seen: string): AgentError {
  return new AgentError('E_NETWORK_UNGUARDED', 'the network is not changed: nothing would put it back', { seen });
}
