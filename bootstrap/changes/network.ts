import type { Change, ChangeKind, NetworkChange } from '../change.ts';
import type { ErrorCode } from '../error-table.ts';
import { AgentError } from '../errors.ts';
import type { Host, RunResult } from '../host/host.ts';
import { rememberFailed } from '../network/failed.ts';
import { armRollback, forgetChange, isUnconfirmed, secondsLeft } from '../network/guard.ts';
import { missingFrom, readLiveNetwork } from '../network/live.ts';
import { validateOnCopy } from '../network/validate.ts';

/** There while files are written that are not in force yet. Gone after a restart, which puts them into force. */
const unapplied = '/run/conjurer/network-unapplied';
const applyMs = 60_000;
const ofNetwork: readonly ErrorCode[] = ['E_NETWORK_NOT_PROVED', 'E_NETWORK_NOT_APPLIED'];
/** How long interfaces may take to show what they shall, once netplan or networkctl has returned. */
const settleSeconds = 30;
const lookAgainMs = 500;

/**
 * The files are as wanted, in force, and the interfaces show it. In this order: what netplan would refuse changes nothing;
 * the way back is prepared and runs by itself; then files, virtual interfaces, and netplan or networkd. It stays
 * unconfirmed: the stage confirms it once it is proved to work. In a tree that is not booted only the files count.
 */
export const networkChange: ChangeKind<NetworkChange> = {
  async isDone(change, host) {
    if (!(await areFilesDone(change, host))) return false;
    if (!isBooted(host)) return true;
    if ((await host.files.stat(unapplied)) !== null) return false;
    // The way back is not there before it is also known to be.
    if (change.confirmSeconds === null && (await isUnconfirmed(host))) return false;
    const live = await readLiveNetwork(host);
    return missingFrom(live, change.links).length === 0 && !change.gone.some(name => live.links.has(name));
  },

  async apply(change, host, signal) {
    if (change.renderer === 'netplan' && isBooted(host)) await validateOnCopy(change, host);
    if (change.confirmSeconds !== null && isBooted(host)) await prepareWayBack(change, host, change.confirmSeconds);
    if (isBooted(host)) await host.files.write(unapplied, '', 0o600);
    await writeFiles(change, host);
    if (!isBooted(host)) return;
    for (const name of change.gone) await host.run(['ip', 'link', 'delete', 'dev', name]);
    await noteFailure(change, host, async () => {
      await putIntoForce(change, host);
      await host.files.remove(unapplied);
      await settle(change, host, signal);
    });
    if (change.confirmSeconds === null) await forgetChange(host);
  },

  async undo(change, host): Promise<Change[]> {
    const files = await Promise.all(change.files.map(({ path, mode }) => present(path, mode, host)));
    const moves = await Promise.all(
      change.moves.map(async move => ({ ...move, there: await host.files.stat(move.from) })),
    );
    return [
      {
        kind: 'network',
        id: change.id,
        renderer: change.renderer,
        files,
        moves: moves.filter(({ there }) => there !== null).map(({ from, to }) => ({ from: to, to: from })),
        links: [],
        gone: await newVirtual(change, host),
        confirmSeconds: null,
        settings: change.settings,
      },
    ];
  },
};

/**
 * What does not work is known to the next run, also where the machine is started again by its service. A run that was
 * stopped meanwhile says nothing of the network.
 */
async function noteFailure(
  { settings, confirmSeconds }: NetworkChange,
  host: Host,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (confirmSeconds !== null && error instanceof AgentError && ofNetwork.includes(error.code)) {
      await rememberFailed(host, settings, `${error.message}: ${error.seen ?? 'nothing more is known'}`);
    }
    throw error;
  }
}

async function areFilesDone({ files, moves }: NetworkChange, host: Host): Promise<boolean> {
  for (const { path, mode, content } of files) {
    const info = await host.files.stat(path);
    if (content === null && info === null) continue;
    if (content === null || info === null || info.mode !== mode) return false;
    if ((await host.files.readText(path)) !== content) return false;
  }
  for (const { from } of moves) if ((await host.files.stat(from)) !== null) return false;
  return true;
}

async function writeFiles({ files, moves }: NetworkChange, host: Host): Promise<void> {
  for (const { from, to } of moves) if ((await host.files.stat(from)) !== null) await host.files.rename(from, to);
  for (const { path, mode, content } of files) {
    if (content === null) await host.files.remove(path);
    else await host.files.write(path, content, mode);
  }
}

async function prepareWayBack(change: NetworkChange, host: Host, seconds: number): Promise<void> {
  const { renderer, files, moves } = change;
  const gone = await newVirtual(change, host);
  await armRollback(host, { renderer, moves, gone, paths: files.map(({ path }) => path) }, seconds);
}

async function putIntoForce({ renderer, links, confirmSeconds }: NetworkChange, host: Host): Promise<void> {
  if (renderer === 'netplan') {
    const applied = await host.run(['netplan', 'apply'], { timeoutMs: applyMs });
    if (applied.status === 0 || confirmSeconds !== null) return check(applied);
    // The way back: what fails in netplan's own clean-up must not keep the network away.
    check(await host.run(['netplan', 'generate'], { timeoutMs: applyMs }));
    return check(await host.run(['systemctl', 'restart', 'systemd-networkd.service'], { timeoutMs: applyMs }));
  }
  const reloaded = await host.run(['networkctl', 'reload'], { timeoutMs: applyMs });
  if (reloaded.status === 0) {
    // What was set aside may have matched these before, and then reload alone leaves them as they are.
    const names = links.map(({ name }) => name);
    if (names.length > 0) await host.run(['networkctl', 'reconfigure', ...names], { timeoutMs: applyMs });
    return;
  }
  check(await host.run(['systemctl', 'restart', 'systemd-networkd.service'], { timeoutMs: applyMs }));
}

/** Throws E_NETWORK_NOT_PROVED with what the interfaces do not show. */
async function settle({ links, confirmSeconds }: NetworkChange, host: Host, signal: AbortSignal): Promise<void> {
  const seconds = confirmSeconds === null ? settleSeconds : Math.min(settleSeconds, (await secondsLeft(host)) / 2);
  const endMs = host.clock.monotonicMs() + seconds * 1000;
  // Twice: systemd-networkd takes what it configures anew away for a moment, after networkctl has returned.
  for (let inARow = 0; ; ) {
    const missing = missingFrom(await readLiveNetwork(host), links);
    inARow = missing.length === 0 ? inARow + 1 : 0;
    if (inARow === 2) return;
    if (missing.length > 0 && host.clock.monotonicMs() > endMs) {
      throw new AgentError('E_NETWORK_NOT_PROVED', 'the interfaces do not become what the configuration says', {
        seen: missing.join('; '),
        wanted: 'addresses, routes and MTU as configured',
      });
    }
    await host.clock.sleep(lookAgainMs, signal);
  }
}

/** Our own files hold no secret, so that what they were may stand in the journal. */
async function present(path: string, mode: number, host: Host): Promise<NetworkChange['files'][number]> {
  const info = await host.files.stat(path);
  return { path, mode: info?.mode ?? mode, content: info === null ? null : await host.files.readText(path) };
}

/** Virtual interfaces that this change would make: those of its links that are not there yet. */
async function newVirtual({ links }: NetworkChange, host: Host): Promise<string[]> {
  const live = isBooted(host) ? (await readLiveNetwork(host)).links : new Map();
  return links.filter(({ name, virtual }) => virtual && !live.has(name)).map(({ name }) => name);
}

function isBooted(host: Host): boolean {
  return host.root === '/';
}

function check(result: RunResult): void {
  if (result.status === 0) return;
  throw new AgentError(
    'E_NETWORK_NOT_APPLIED',
    `${result.argv.join(' ')} failed; the network goes back to what it was`,
    {
      seen: `${(result.stderr.trim() || result.stdout.trim()).slice(-2000)} (status ${result.status ?? 'none'})`,
    },
  );
}
