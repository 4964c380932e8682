import type { Change } from '../../bootstrap/change.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import { foldEntry, type JournalEntry, type Owed, type Timed } from './journal-entry.ts';
import { replay } from './journal-replay.ts';

export const journalPath = '/var/lib/conjurer/journal.jsonl';

/**
 * What must be undone, and what was in flight: nothing else is ever read from it. Each method returns when its entry
 * is safe from a power cut; where it throws, nothing was recorded. One process writes it, the holder of the run lock.
 */
export interface Journal {
  /** In the order in which they were first applied. */
  owed(): readonly Owed[];
  /** Before a change: `undo` is what brings back the host as it is now. The first one recorded for a change wins. */
  applying(stage: string, change: Change, undo: readonly Change[]): Promise<void>;
  applied(stage: string, changeId: string): Promise<void>;
  /** The stage was proved: a failure from now on goes back to here, and the file is made as short as it can be. */
  held(stage: string): Promise<void>;
  /** `start`: back to before conjurer. `held`: back to when the stage last held. */
  undone(stage: string, changeId: string, to: 'start' | 'held'): Promise<void>;
}

/** Folds one entry into what is owed. A parameter of `openJournal` only so that a test can put a wrong one in its place. */
export type Fold = typeof foldEntry;

/**
 * Replays the journal and makes it ready to write. A torn last line is dropped. A file that is damaged elsewhere is
 * kept beside it as `journal.corrupt-<time>`, and what stands before the damage still holds. Never fatal.
 */
export async function openJournal(host: Host, fold: Fold = foldEntry): Promise<Journal> {
  const read = await readEntries(host);
  let owed = read.entries.reduce<readonly Owed[]>(fold, []);
  let lines = read.entries.length;
  // A line that was cut short must not become the beginning of the next one.
  let rewrite = read.damage !== 'none';

  const line = (entry: JournalEntry) =>
    `${JSON.stringify({ v: 1, at: host.clock.now().toISOString(), ...entry } satisfies Timed)}\n`;

  if (read.damage === 'corrupt') {
    const time = host.clock.now().toISOString().replaceAll(':', '');
    await host.files.link(journalPath, journalPath.replace('.jsonl', `.corrupt-${time}`));
    await writeAll(owed);
  }

  async function writeAll(state: readonly Owed[]): Promise<void> {
    rewrite = true;
    if (state.length === 0) await host.files.remove(journalPath);
    else await host.files.write(journalPath, state.map(entry => line({ event: 'owes', owed: entry })).join(''), 0o600);
    lines = state.length;
    rewrite = false;
  }

  async function record(entry: JournalEntry): Promise<void> {
    const next = fold(owed, entry);
    if (rewrite) {
      await writeAll(next);
    } else {
      rewrite = true;
      await host.files.append(journalPath, line(entry), 0o600);
      rewrite = false;
      lines += 1;
    }
    owed = next;
  }

  return {
    owed: () => owed,
    applying: (stage, change, undo) => record({ event: 'applying', stage, change, undo: [...undo] }),
    applied: (stage, changeId) => record({ event: 'applied', stage, changeId }),
    async held(stage) {
      const next = fold(owed, { event: 'held', stage });
      if (rewrite || lines > next.length || owed.some(entry => entry.stage === stage && entry.sinceHeld !== null)) {
        await writeAll(next);
      }
      owed = next;
    },
    async undone(stage, changeId, to) {
      await record({ event: 'undone', stage, changeId, to });
      if (owed.length === 0) await writeAll(owed);
    },
  };
}

/** What the journal owes, for a command that only looks: nothing is repaired. */
export async function readOwed(host: Host): Promise<readonly Owed[]> {
  return (await readEntries(host)).entries.reduce<readonly Owed[]>(foldEntry, []);
}

async function readEntries(host: Host) {
  return replay((await host.files.read(journalPath)) ?? Buffer.alloc(0));
}
