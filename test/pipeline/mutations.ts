import { applyAndCheck, kindOf } from '../../agent/pipeline/apply-change.ts';
import { foldEntry } from '../../agent/pipeline/journal-entry.ts';
import type { Disk, OpenFile } from '../../bootstrap/host/disk.ts';
import type { Mutation } from './synthetic.ts';

interface Wrong extends Mutation {
  /** The name of a scenario in which it does damage. */
  readonly during: string;
  /** The damage by which the sweep must find it. */
  readonly shows: RegExp;
}

/** Pipelines that look right and are not. Each must be found by the power-cut sweep. */
export const mutations: Readonly<Record<string, Wrong>> = {
  'journal after apply': {
    during: 'first run',
    shows: /what revert leaves differs/,
    applyChange: async (change, stage, { kinds, host, journal, signal }) => {
      const kind = kindOf(kinds, change);
      if (await kind.isDone(change, host)) return false;
      const undo = await kind.undo(change, host);
      await applyAndCheck(change, kinds, host, signal);
      await journal.applying(stage, change, undo);
      await journal.applied(stage, change.id);
      return true;
    },
  },

  'last undo wins': {
    during: 'first run',
    shows: /what revert leaves differs: old.service/,
    fold: (owed, entry) => {
      const folded = foldEntry(owed, entry);
      if (entry.event !== 'applying') return folded;
      return folded.map(one =>
        one.stage === entry.stage && one.change.id === entry.change.id ? { ...one, undo: entry.undo } : one,
      );
    },
  },

  'last undo since the stage held wins': {
    during: 'first run, a stage that reverts fails',
    shows: /the end differs: old.service/,
    fold: (owed, entry) => {
      const folded = foldEntry(owed, entry);
      if (entry.event !== 'applying') return folded;
      return folded.map(one =>
        one.stage === entry.stage && one.change.id === entry.change.id && one.sinceHeld !== null
          ? { ...one, sinceHeld: { ...one.sinceHeld, undo: entry.undo } }
          : one,
      );
    },
  },

  'trust the marker': {
    during: 'first run',
    shows: /plain-unit does not hold/,
    applyChange: async (change, stage, { kinds, host, journal, signal }) => {
      const marked = journal.owed().some(one => one.stage === stage && one.change.id === change.id && one.applied);
      if (marked) return false;
      const kind = kindOf(kinds, change);
      await journal.applying(stage, change, await kind.undo(change, host));
      await applyAndCheck(change, kinds, host, signal);
      await journal.applied(stage, change.id);
      return true;
    },
  },

  'no fsync of a file before its rename': {
    during: 'first run',
    shows: /what a later power cut leaves differs: .* is 0644 ,/,
    through: disk => withoutFsync(disk, 'create'),
  },

  'no fsync of an appended file': {
    during: 'first run',
    shows: /what revert leaves differs/,
    through: disk => withoutFsync(disk, 'append'),
  },

  'no fsync of a directory after a rename': {
    during: 'first run',
    shows: /what a later power cut leaves differs/,
    through: disk => withoutFsync(disk, 'directory'),
  },

  'what a killed run left in memory is built upon': {
    during: 'first run',
    shows: /what a later power cut leaves differs/,
    syncs: false,
  },
};

function withoutFsync(disk: Disk, of: Parameters<Disk['open']>[1]): Disk {
  return {
    ...disk,
    async open(path, use, mode): Promise<OpenFile> {
      const file = await disk.open(path, use, mode);
      return use === of ? { ...file, fsync: async () => undefined } : file;
    },
  };
}
