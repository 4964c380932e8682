import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod';
import { AgentError } from '../../bootstrap/errors.ts';
import type { Files } from '../../bootstrap/host/host.ts';
import type { Processes } from '../../bootstrap/host/processes.ts';
import type { EventBus } from './events.ts';

const directory = '/run/conjurer';
export const lockPath = `${directory}/lock`;
const successorPrefix = `${lockPath}.after-`;
const candidatePrefix = `${lockPath}.by-`;
/** A candidate, or the temporary file that was to become one. */
const candidateName = /^\.?lock\.by-(\d+)-/;
const attempts = 100;

const holderSchema = z.object({
  pid: z.int().positive(),
  /** Tells this process from a later one with the same pid. */
  startTicks: z.number(),
  bootId: z.string().nullable(),
  /** Of this acquisition alone. */
  nonce: z.string(),
  command: z.string(),
  stage: z.string().nullable(),
  since: z.iso.datetime(),
});

/** Who holds, or held, the lock. */
export type LockHolder = z.infer<typeof holderSchema>;

export interface RunLock {
  readonly holder: LockHolder;
  /** Shows the running stage in the lock. A failure to write it never fails the run. */
  follow(events: EventBus): void;
  release(): Promise<void>;
}

export interface LockParts {
  /** Of the tree that is changed: its lock keeps others from that tree. */
  readonly files: Files;
  readonly processes: Processes;
  readonly now: () => Date;
}

/**
 * Takes the lock, or throws E_LOCKED, which names the holder's pid, command, stage and age. A holder that was killed
 * blocks nobody.
 *
 * A lock is a file that appears whole, by link(2), so that of several only one can make it. A dead holder's lock is
 * never taken away from under its name, for it might be another's by then: its successor is the one that links the
 * name derived from the dead holder's identity, and so on along the chain. docs/decisions/0004-run-lock.md.
 */
export async function acquireRunLock(parts: LockParts, command: string): Promise<RunLock> {
  const { files, processes, now } = parts;
  const holder: LockHolder = {
    pid: processes.pid,
    startTicks: (await processes.startTicks(processes.pid)) ?? 0,
    bootId: await processes.bootId(),
    nonce: randomUUID(),
    command,
    stage: null,
    since: now().toISOString(),
  };
  const candidate = `${candidatePrefix}${holder.pid}-${holder.nonce}`;
  await files.write(candidate, serialize(holder), 0o600);
  try {
    await takeSlot(parts, candidate, holder);
  } finally {
    await files.remove(candidate);
  }
  // From here on the first name says who holds it, and whoever still reads the old chain is sent back to it.
  await files.write(lockPath, serialize(holder), 0o600);
  await removeOldChain(parts);
  return heldLock(files, holder);
}

/** Who holds the lock now, for a command that only looks; null if nobody alive does. */
export async function lockHolder(parts: LockParts): Promise<LockHolder | null> {
  return (await endOfChain(parts)).alive;
}

/** A run is alive. Where only root may read the lock, that it is there must do. */
export async function isRunAlive(parts: LockParts): Promise<boolean> {
  try {
    return (await lockHolder(parts)) !== null;
  } catch (error) {
    if (error instanceof AgentError && error.data.errno === 'EACCES') return true;
    throw error;
  }
}

async function takeSlot(parts: LockParts, candidate: string, holder: LockHolder): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const end = await endOfChain(parts);
    if (end.alive !== null) throw locked(end.alive, parts.now());
    if (!(await parts.files.link(candidate, end.free))) continue;
    // The chain may have been replaced while we walked it: only who is found at its end has the lock.
    const after = await endOfChain(parts);
    if (after.alive?.nonce === holder.nonce) return;
    await parts.files.remove(end.free);
  }
  throw new AgentError('E_LOCKED', 'the lock changes hands too quickly', { seen: `${attempts} attempts` });
}

type ChainEnd = { readonly alive: LockHolder } | { readonly alive: null; readonly free: string };

async function endOfChain({ files, processes }: LockParts): Promise<ChainEnd> {
  const bootId = await processes.bootId();
  for (let slot = lockPath; ; ) {
    const text = await files.readText(slot);
    if (text === null) return { alive: null, free: slot };
    const holder = parse(text);
    if (holder !== null && holder.bootId === bootId && (await processes.startTicks(holder.pid)) === holder.startTicks) {
      return { alive: holder };
    }
    slot = `${successorPrefix}${createHash('sha256')
      .update(holder?.nonce ?? text)
      .digest('hex')
      .slice(0, 32)}`;
  }
}

/** Only the holder does this. What the dead left behind is gone then, whatever they died in. */
async function removeOldChain({ files, processes }: LockParts): Promise<void> {
  for (const name of (await files.list(directory)) ?? []) {
    const path = `${directory}/${name}`;
    const pid = candidateName.exec(name)?.[1];
    const isOfTheDead = pid !== undefined && (await processes.startTicks(Number(pid))) === null;
    if (isOfTheDead || path.startsWith(successorPrefix)) await files.remove(path);
  }
}

function heldLock(files: Files, holder: LockHolder): RunLock {
  let writing = Promise.resolve();
  let unsubscribe: () => void = () => undefined;
  const show = (stage: string) => {
    writing = writing.then(() => files.write(lockPath, serialize({ ...holder, stage }), 0o600)).catch(() => undefined);
  };
  return {
    holder,
    follow(events) {
      unsubscribe = events.subscribe(event => {
        if (event.type === 'stage-started') show(event.stage);
      });
    },
    async release() {
      unsubscribe();
      await writing;
      await files.remove(lockPath);
    },
  };
}

function locked(holder: LockHolder, now: Date): AgentError {
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(holder.since)) / 1_000));
  const stage = holder.stage === null ? 'not in a stage yet' : `in stage ${holder.stage}`;
  const seen = `${holder.command}, pid ${holder.pid}, ${stage}, since ${seconds} s`;
  return new AgentError('E_LOCKED', `another conjurer is at work: ${seen}`, {
    seen,
    data: { pid: holder.pid, command: holder.command, stage: holder.stage, ageSeconds: seconds },
  });
}

function parse(text: string): LockHolder | null {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function serialize(holder: LockHolder): string {
  return `${JSON.stringify(holder)}\n`;
}
