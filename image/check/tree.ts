import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** An entry of the image, by the path that the machine sees. */
export interface Entry {
  readonly path: string;
  readonly stats: Stats;
}

/** The root file system of an image, unpacked. Symlinks are followed inside of it only. */
export class Tree {
  readonly root: string;

  constructor(root: string) {
    this.root = resolve(root);
  }

  /** null where there is no file; a directory counts as none. */
  text(path: string): string | null {
    const real = this.follow(path);
    return real !== null && lstatSync(real).isFile() ? readFileSync(real, 'utf8') : null;
  }

  /** Also true for a symlink that leads nowhere. */
  has(path: string): boolean {
    return this.stats(path) !== null;
  }

  /** Of the entry itself, not of what it points to. */
  stats(path: string): Stats | null {
    const parent = this.follow(dirname(path));
    return parent === null ? null : statsOf(join(parent, path.slice(path.lastIndexOf('/'))));
  }

  /** Sorted; none where there is no directory. */
  names(path: string): string[] {
    const real = this.follow(path);
    return real !== null && lstatSync(real).isDirectory() ? readdirSync(real).sort() : [];
  }

  /** Everything below a directory that is no directory itself. */
  files(directory: string): Entry[] {
    return this.names(directory).flatMap(name => {
      const path = join(directory, name);
      const stats = this.stats(path);
      if (stats === null) return [];
      return stats.isDirectory() ? this.files(path) : [{ path, stats }];
    });
  }

  /** The real path behind all symlinks; null where it leads nowhere. */
  private follow(path: string, depth = 0): string | null {
    if (depth > MAX_LINKS) return null;
    let walked = '/';
    const parts = path.split('/').filter(part => part !== '');
    for (const [index, part] of parts.entries()) {
      const next = join(walked, part);
      const stats = statsOf(join(this.root, next));
      if (stats === null) return null;
      if (stats.isSymbolicLink()) {
        const target = resolve(walked, readlinkSync(join(this.root, next)));
        return this.follow([target, ...parts.slice(index + 1)].join('/'), depth + 1);
      }
      walked = next;
    }
    return join(this.root, walked);
  }
}

const MAX_LINKS = 40;

function statsOf(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}
