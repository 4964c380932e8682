import type { OpenUse } from '../../bootstrap/host/disk.ts';
import type { FileInfo } from '../../bootstrap/host/host.ts';
import { seededRandom } from './seeded-random.ts';

export interface RegularFile {
  readonly type: 'file';
  readonly number: number;
  readonly mode: number;
  content: Buffer;
  synced: Buffer;
}

export interface Symlink {
  readonly type: 'symlink';
  readonly number: number;
  readonly target: string;
}

export interface Directory {
  readonly type: 'directory';
  readonly number: number;
  readonly mode: number;
  entries: Map<string, Inode>;
  synced: Map<string, Inode>;
  /** Changes of `entries` since it was synced, in order; each is there whole after a power cut or not at all. */
  unsynced: NameChange[];
}

export type Inode = RegularFile | Symlink | Directory;

/** Names set (to an inode) or taken away (null) by one operation. */
interface NameChange {
  readonly names: readonly (readonly [string, Inode | null])[];
  /** A name goes away by a rename into another directory only if it is there. */
  readonly arrived?: { readonly directory: Directory; readonly change: NameChange };
}

/**
 * The file system that PowerCutDisk cuts. Contents are durable after fsync of the file, names after fsync of their
 * directory, and not before; errors are those of the kernel.
 */
export function fileSystem() {
  let inodes = 0;
  const newDirectory = (mode: number): Directory => {
    inodes += 1;
    return { type: 'directory', number: inodes, mode, entries: new Map(), synced: new Map(), unsynced: [] };
  };
  const root = newDirectory(0o755);

  function rename(directory: Directory, change: NameChange): void {
    apply(directory.entries, change);
    directory.unsynced.push(change);
  }

  function found(path: string, follow: boolean): Inode {
    const { inode } = walk(root, path, follow);
    if (inode === undefined) throw errno('ENOENT', path);
    return inode;
  }

  function freeName(path: string): { readonly parent: Directory; readonly name: string } {
    const { parent, name, inode } = walk(root, path, false);
    if (inode !== undefined) throw errno('EEXIST', path);
    return { parent, name };
  }

  return {
    root,

    create(path: string, mode: number): RegularFile {
      const { parent, name } = freeName(path);
      inodes += 1;
      const file: RegularFile = {
        type: 'file',
        number: inodes,
        mode,
        content: Buffer.alloc(0),
        synced: Buffer.alloc(0),
      };
      rename(parent, { names: [[name, file]] });
      return file;
    },

    opened(path: string, use: Exclude<OpenUse, 'create'>): Inode {
      const inode = found(path, false);
      if (inode.type === 'symlink') throw errno('ELOOP', path);
      if (use === 'directory' && inode.type !== 'directory') throw errno('ENOTDIR', path);
      if (use === 'append' && inode.type === 'directory') throw errno('EISDIR', path);
      return inode;
    },

    append(file: RegularFile, bytes: Uint8Array): void {
      file.content = Buffer.concat([file.content, bytes]);
    },

    fsync,

    read(path: string): Buffer {
      const inode = found(path, true);
      if (inode.type !== 'file') throw errno('EISDIR', path);
      return Buffer.from(inode.content);
    },

    lstat(path: string): FileInfo {
      const inode = found(path, false);
      const mode = inode.type === 'symlink' ? 0o777 : inode.mode;
      const size = inode.type === 'file' ? inode.content.length : 0;
      return { type: inode.type, mode, uid: 0, size, inode: inode.number, device: 1, mtimeMs: 0, ctimeMs: 0 };
    },

    exists(path: string): boolean {
      try {
        found(path, true);
        return true;
      } catch {
        return false;
      }
    },

    readlink(path: string): string {
      const inode = found(path, false);
      if (inode.type !== 'symlink') throw errno('EINVAL', path);
      return inode.target;
    },

    readdir(path: string): string[] {
      const inode = found(path, true);
      if (inode.type !== 'directory') throw errno('ENOTDIR', path);
      return [...inode.entries.keys()];
    },

    mkdir(path: string, mode: number): void {
      const { parent, name } = freeName(path);
      rename(parent, { names: [[name, newDirectory(mode)]] });
    },

    makeDirectories(path: string): void {
      let directory = root;
      for (const name of partsOf(path)) {
        const inode = directory.entries.get(name) ?? newDirectory(0o755);
        if (inode.type !== 'directory') throw errno('ENOTDIR', path);
        if (!directory.entries.has(name)) rename(directory, { names: [[name, inode]] });
        directory = inode;
      }
    },

    rename(from: string, to: string): void {
      const inode = found(from, false);
      const source = walk(root, from, false);
      const target = walk(root, to, false);
      if (target.inode?.type === 'directory') throw errno('EISDIR', to);
      if (source.parent === target.parent) {
        rename(source.parent, {
          names: [
            [source.name, null],
            [target.name, inode],
          ],
        });
        return;
      }
      const arrival: NameChange = { names: [[target.name, inode]] };
      rename(target.parent, arrival);
      rename(source.parent, { names: [[source.name, null]], arrived: { directory: target.parent, change: arrival } });
    },

    unlink(path: string): void {
      if (found(path, false).type === 'directory') throw errno('EISDIR', path);
      const { parent, name } = walk(root, path, false);
      rename(parent, { names: [[name, null]] });
    },

    link(existing: string, path: string): void {
      const inode = found(existing, false);
      const { parent, name } = freeName(path);
      rename(parent, { names: [[name, inode]] });
    },

    symlink(target: string, path: string): void {
      const { parent, name } = freeName(path);
      inodes += 1;
      rename(parent, { names: [[name, { type: 'symlink', number: inodes, target }]] });
    },

    syncAll(): void {
      for (const inode of reachable(root)) fsync(inode);
    },

    loseUnsynced(survives: 'nothing' | 'everything' | 'names' | number): void {
      const random = seededRandom(typeof survives === 'number' ? survives : 0);
      const keptOf = (all: number, extreme: boolean) =>
        typeof survives === 'number' ? Math.floor(random() * (all + 1)) : extreme ? all : 0;
      // Also what only an unsynced name leads to may survive under it.
      const all = reachable(root);
      const keptChanges = new Set<NameChange>();
      for (const inode of all) {
        if (inode.type === 'file') loseContent(inode, added => keptOf(added, survives === 'everything'));
        if (inode.type !== 'directory') continue;
        const count = keptOf(inode.unsynced.length, survives !== 'nothing');
        for (const change of inode.unsynced.slice(0, count)) keptChanges.add(change);
      }
      for (const inode of all) if (inode.type === 'directory') loseNames(inode, keptChanges);
    },
  };
}

function fsync(inode: Inode): void {
  if (inode.type === 'file') inode.synced = inode.content;
  if (inode.type !== 'directory') return;
  inode.synced = new Map(inode.entries);
  inode.unsynced = [];
}

/** Bytes are only ever added to a file, so that what is torn is a beginning of them. */
function loseContent(file: RegularFile, kept: (added: number) => number): void {
  const added = file.content.length - file.synced.length;
  file.content = file.content.subarray(0, file.synced.length + kept(added));
  file.synced = file.content;
}

function loseNames(directory: Directory, kept: ReadonlySet<NameChange>): void {
  for (const change of directory.unsynced) {
    const hasArrived =
      change.arrived === undefined ||
      kept.has(change.arrived.change) ||
      !change.arrived.directory.unsynced.includes(change.arrived.change);
    if (kept.has(change) && hasArrived) apply(directory.synced, change);
  }
  directory.entries = new Map(directory.synced);
  directory.unsynced = [];
}

function apply(entries: Map<string, Inode>, { names }: NameChange): void {
  for (const [name, inode] of names) {
    if (inode === null) entries.delete(name);
    else entries.set(name, inode);
  }
}

/** Every inode that has a name, or had one when its directory was last synced. */
function reachable(root: Directory): ReadonlySet<Inode> {
  const seen = new Set<Inode>();
  const visit = (inode: Inode) => {
    if (seen.has(inode)) return;
    seen.add(inode);
    if (inode.type !== 'directory') return;
    for (const entry of [...inode.entries.values(), ...inode.synced.values()]) visit(entry);
    for (const change of inode.unsynced) for (const [, entry] of change.names) if (entry !== null) visit(entry);
  };
  visit(root);
  return seen;
}

function walk(
  root: Directory,
  path: string,
  follow: boolean,
): { readonly parent: Directory; readonly name: string; readonly inode: Inode | undefined } {
  const above: Directory[] = [root];
  const rest = partsOf(path);
  let links = 0;
  for (;;) {
    const parent = above.at(-1) ?? root;
    const name = rest.shift();
    if (name === undefined) return { parent, name: '.', inode: parent };
    if (name === '..') {
      if (above.length > 1) above.pop();
      continue;
    }
    const inode = parent.entries.get(name);
    if (inode?.type === 'symlink' && (follow || rest.length > 0)) {
      links += 1;
      if (links > 40) throw errno('ELOOP', path);
      if (inode.target.startsWith('/')) above.length = 1;
      rest.unshift(...partsOf(inode.target));
      continue;
    }
    if (rest.length === 0) return { parent, name, inode };
    if (inode === undefined) throw errno('ENOENT', path);
    if (inode.type !== 'directory') throw errno('ENOTDIR', path);
    above.push(inode);
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter(part => part !== '' && part !== '.');
}

function errno(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
