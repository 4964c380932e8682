import type { FileInfo, Host } from '../host/host.ts';
import type { Component, ComponentKind, Manifest } from './manifest.ts';

/** `note`: worth knowing, and no failure (blobs of a foreign platform are absent). */
export type FindingStatus = 'ok' | 'missing' | 'altered' | 'unexpected' | 'could-not-tell' | 'note';

/** One thing that was found out about one component. */
export interface Finding {
  /** The component's name in the manifest; of a closed directory its path, of the manifest itself "manifest". */
  readonly component: string;
  readonly kind: ComponentKind | 'closed' | 'manifest';
  readonly group: Component['group'] | null;
  readonly status: FindingStatus;
  /** A stable id, as in `digest-mismatch`; `none` where the status is ok. */
  readonly problem: string;
  readonly observed: string | null;
  readonly expected: string | null;
  /** What a person types or does. */
  readonly fix: string | null;
  /** `conjurer validate --repair` can mend it without fetching anything. */
  readonly repairable: boolean;
}

/** What a finding blocks: `ok` and `note` pass, everything else fails the validation. */
export function isFailure({ status }: Pick<Finding, 'status'>): boolean {
  return status !== 'ok' && status !== 'note';
}

/** quick: what can be told without reading the content. full: every file's hash. deep: what is inside them too. */
export type Depth = 'quick' | 'full' | 'deep';

/** A file whose bytes were read once, through one descriptor: `info` is of that descriptor, unchanged by the end. */
export interface HashedFile {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly info: FileInfo;
}

/** `bytes`: read since the last call. `expect`: so many more will be read. */
export interface Progress {
  expect(bytes: number): void;
  read(bytes: number): void;
}

export interface CheckContext {
  readonly host: Host;
  readonly depth: Depth;
  readonly manifest: Manifest;
  /**
   * Reads a regular file once and hashes it; waits for its turn, so that all checkers may call it at once. null: there
   * is none. Throws AgentError E_HOST_FILE, and E_FILE_CHANGED where it was written or swapped meanwhile. `by`: a reader
   * that hashes the file on its way through it.
   */
  hash(path: string, by?: (path: string) => Promise<HashedFile | null>): Promise<HashedFile | null>;
  /** The hash that the file had when it was last read, if it is still the same file, unwritten since; else null. */
  known(path: string, info: FileInfo): string | null;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * Everything about one component: at least one finding, [ok] where all is as declared. What keeps it from telling is a
 * finding `could-not-tell`, never a throw; only the signal's reason is thrown.
 */
export type Checker<C extends Component> = (component: C, context: CheckContext) => Promise<Finding[]>;

type Told = Partial<Pick<Finding, 'observed' | 'expected' | 'fix' | 'repairable'>>;

export function ok({ name, kind, group }: Component): Finding {
  return { component: name, kind, group, status: 'ok', problem: 'none', ...nothingTold };
}

export function finding(
  { name, kind, group }: Component,
  status: Exclude<FindingStatus, 'ok'>,
  problem: string,
  told: Told = {},
): Finding {
  return { component: name, kind, group, status, problem, ...nothingTold, ...told };
}

const nothingTold = { observed: null, expected: null, fix: null, repairable: false } as const;
