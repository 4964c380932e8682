import { openHashPool } from '../../host/hash-pool.ts';
import type { HashThread } from '../../host/hash-thread.ts';
import type { Host } from '../../host/host.ts';
import type { HashedFile, Progress } from '../finding.ts';

export interface Hasher {
  /**
   * As `CheckContext.hash`: each file is read once, however many components name it. All files may be asked for at
   * once. `by` reads it in any case, since it wants more than the hash.
   */
  hash(path: string, by?: (path: string) => Promise<HashedFile | null>): Promise<HashedFile | null>;
  close(): Promise<void>;
}

export interface HasherOptions {
  readonly host: Pick<Host, 'root'>;
  /** The node may be serving others: the lowest priority for processor and disk. */
  readonly background: boolean;
  /** Threads that were started ahead of the work. */
  readonly ready?: readonly HashThread[];
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** The hashes of one validation, made on all processors. */
export function openHasher({ host, ...options }: HasherOptions): Hasher {
  const pool = openHashPool({ root: host.root, ...options });
  const hashed = new Map<string, Promise<HashedFile | null>>();
  return {
    hash(path, by) {
      const known = hashed.get(path);
      if (known !== undefined && by === undefined) return known;
      const hash = by === undefined ? pool.hash(path) : by(path);
      hashed.set(path, hash);
      return hash;
    },
    close: pool.close,
  };
}
