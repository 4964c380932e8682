import { openHashPool } from '../../host/hash-pool.ts';
import type { Host } from '../../host/host.ts';
import type { HashedFile, Progress } from '../finding.ts';

export interface Hasher {
  /**
   * As `CheckContext.hash`: each file is read once, however many components name it. All files may be asked for at
   * once.
   */
  hash(path: string): Promise<HashedFile | null>;
  close(): Promise<void>;
}

export interface HasherOptions {
  readonly host: Pick<Host, 'root'>;
  /** The node may be serving others: the lowest priority for processor and disk. */
  readonly background: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** The hashes of one validation, made on all processors. */
export function openHasher({ host, ...options }: HasherOptions): Hasher {
  const pool = openHashPool({ root: host.root, ...options });
  const hashed = new Map<string, Promise<HashedFile | null>>();
  return {
    hash(path) {
      const known = hashed.get(path);
      if (known !== undefined) return known;
      const hash = pool.hash(path);
      hashed.set(path, hash);
      return hash;
    },
    close: pool.close,
  };
}
