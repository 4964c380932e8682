import type { Disk, OpenFile } from '../../bootstrap/host/disk.ts';
import { type Directory, fileSystem, type Inode, type RegularFile } from './power-cut-inodes.ts';

/** The power is gone, or the process was killed: nothing that it tries any more has an effect. */
export class PowerCut extends Error {
  override readonly name = 'PowerCut';
}

/**
 * Where to cut: at the n-th step (from 1) of the machine, a step being one primitive operation that changes something.
 * `middle` differs from `before` for a write only, of which the first half is done.
 */
export interface Cut {
  readonly step: number;
  readonly when: 'before' | 'middle' | 'after';
}

/** `whole`: cut in the middle it is not done at all. */
export type Step = 'write' | 'whole';

/**
 * What becomes of that which was not synced: `kill` is no power cut at all, only the process is gone; `nothing` and
 * `everything` of it survives; `names`: changed directories do, file contents do not; a number seeds a random mixture,
 * in which each directory keeps some of its first changes and each file a part of its new bytes.
 */
export type Survives = 'kill' | 'nothing' | 'everything' | 'names' | number;

export interface PowerCutDisk {
  /**
   * What a process that starts now has: the disk, and a way to make anything else that changes the machine, such as
   * starting a unit, one step too. A restart ends the processes before it.
   */
  process(): { readonly disk: Disk; readonly step: <T>(work: () => T) => Promise<T> };
  /** The steps since `cutAt` or a restart, in order. */
  steps(): readonly Step[];
  cutAt(cut: Cut | null): void;
  isCut(): boolean;
  restart(survives: Survives): void;
  syncAll(): void;
  exists(path: string): boolean;
  /** Files and symlinks by path, as they are seen now: "0644 text" or "-> target". Directories are left out. */
  listing(): Record<string, string>;
  /** Puts durable files (text or bytes with a mode) and symlinks on the disk, with the directories they need. */
  seed(
    files: Record<string, { readonly content: string | Buffer; readonly mode: number } | { readonly target: string }>,
  ): void;
}

/** A disk in memory that knows what a power cut would leave of it. */
export function powerCutDisk(): PowerCutDisk {
  const system = fileSystem();
  let steps: Step[] = [];
  let cut: Cut | null = null;
  let isCut = false;
  let generation = 0;

  function step<T>(work: () => T, half?: () => void): T {
    if (isCut) throw new PowerCut('the power is off');
    steps.push(half === undefined ? 'whole' : 'write');
    const here = cut !== null && cut.step === steps.length ? cut.when : null;
    if (here === 'before' || here === 'middle') {
      if (here === 'middle') half?.();
      isCut = true;
      throw new PowerCut(`the power was cut at step ${steps.length}`);
    }
    const result = work();
    if (here === 'after') {
      isCut = true;
      throw new PowerCut(`the power was cut after step ${steps.length}`);
    }
    return result;
  }

  function process(): ReturnType<PowerCutDisk['process']> {
    const born = generation;
    const alive = () => {
      if (isCut || born !== generation) throw new PowerCut('this process is gone');
    };
    const look = async <T>(work: () => T): Promise<T> => {
      alive();
      return work();
    };
    const change = async <T>(work: () => T, half?: () => void): Promise<T> => {
      alive();
      return step(work, half);
    };

    function openFile(inode: Inode): OpenFile {
      return {
        async write(bytes) {
          const file = inode as RegularFile;
          await change(
            () => system.append(file, bytes),
            () => system.append(file, bytes.subarray(0, Math.floor(bytes.length / 2))),
          );
        },
        fsync: () => change(() => system.fsync(inode)),
        close: () => look(() => undefined),
      };
    }

    const disk: Disk = {
      async open(path, use, mode = 0o600) {
        if (use === 'create') return openFile(await change(() => system.create(path, mode)));
        return look(() => openFile(system.opened(path, use)));
      },
      read: path => look(() => system.read(path)),
      lstat: path => look(() => system.lstat(path)),
      readlink: path => look(() => system.readlink(path)),
      readdir: path => look(() => system.readdir(path)),
      mkdir: (path, mode) => change(() => system.mkdir(path, mode)),
      rename: (from, to) => change(() => system.rename(from, to)),
      unlink: path => change(() => system.unlink(path)),
      link: (existing, path) => change(() => system.link(existing, path)),
      symlink: (target, path) => change(() => system.symlink(target, path)),
    };
    return { disk, step: change };
  }

  return {
    process,
    steps: () => steps,
    cutAt(next) {
      cut = next;
      steps = [];
    },
    isCut: () => isCut,
    restart(survives) {
      generation += 1;
      isCut = false;
      cut = null;
      steps = [];
      if (survives !== 'kill') system.loseUnsynced(survives);
    },
    syncAll: () => system.syncAll(),
    exists: path => system.exists(path),
    listing: () => listDirectory(system.root, ''),
    seed(files) {
      for (const [path, file] of Object.entries(files)) {
        system.makeDirectories(path.slice(0, path.lastIndexOf('/')));
        if ('target' in file) system.symlink(file.target, path);
        else system.append(system.create(path, file.mode), Buffer.from(file.content));
      }
      system.syncAll();
    },
  };
}

function listDirectory(directory: Directory, path: string): Record<string, string> {
  const listing: Record<string, string> = {};
  for (const [name, inode] of directory.entries) {
    const at = `${path}/${name}`;
    if (inode.type === 'directory') Object.assign(listing, listDirectory(inode, at));
    else if (inode.type === 'symlink') listing[at] = `-> ${inode.target}`;
    else listing[at] = `${inode.mode.toString(8).padStart(4, '0')} ${inode.content.toString('latin1')}`;
  }
  return listing;
}
