/**
 * The port to the machine. Everything that conjurer reads from or does to the VM goes through here, so that the same
 * program works on `/`, on a disk mounted by a rescue system, and on a throw-away tree in a test.
 */
export interface Host {
  /** The directory that stands for `/`. Paths given to `files` are absolute as the machine itself sees them. */
  readonly root: string;
  readonly files: Files;
  readonly units: Units;
  readonly clock: Clock;
  /** Absent where the tree is not on the disk of a machine that runs: there a measure says nothing. */
  readonly measureSync?: MeasureSync;
  /** Runs a program, never a shell, with a fixed PATH, `LC_ALL=C` and nothing else of our environment. */
  run(argv: readonly [string, ...string[]], options?: RunOptions): Promise<RunResult>;
}

/**
 * Milliseconds that each of `count` writes of `bytes` took to be safe on the disk that holds a directory, one after the
 * other; fewer where `signal` was aborted. Leaves nothing behind. Throws AgentError `E_HOST_FILE`.
 */
export type MeasureSync = (
  directory: string,
  options: { readonly count: number; readonly bytes: number; readonly signal: AbortSignal },
) => Promise<number[]>;

export interface RunOptions {
  /** Default 10,000. The program is killed after that, and the result says `timedOut`. */
  readonly timeoutMs?: number;
  readonly input?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** Called with each line of stdout as it comes, without its end. */
  onLine?(line: string): void;
}

/** Never thrown: a program that is missing, fails or hangs is a result like any other. */
export interface RunResult {
  readonly argv: readonly string[];
  /** null when it was killed or never ran. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** The program does not exist on this machine. */
  readonly missing: boolean;
}

export interface FileInfo {
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  /** Permission bits only, as in 0o644. */
  readonly mode: number;
  readonly uid: number;
  readonly size: number;
  readonly inode: number;
  readonly device: number;
  /** Milliseconds since 1970 with a fraction: when the content, and when anything about the file, last changed. */
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/**
 * Files under the root. Absent is a value (`null`), not an error; any other failure throws an AgentError
 * `E_HOST_FILE` that names operation, path and errno.
 */
export interface Files {
  read(path: string): Promise<Buffer | null>;
  readText(path: string): Promise<string | null>;
  /** Does not follow a symlink at `path` itself. */
  stat(path: string): Promise<FileInfo | null>;
  /** Names in a directory, sorted; null if there is no such directory. */
  list(path: string): Promise<string[] | null>;
  /** The target of a symlink, null if it is none. */
  readlink(path: string): Promise<string | null>;
  /**
   * Writes the file whole: temp file in the same directory (O_EXCL, O_NOFOLLOW, mode set at creation), fsync, rename,
   * fsync of the directory. Missing directories are made 0755, or 0700 below /var/lib/conjurer.
   */
  write(path: string, content: string | Uint8Array, mode: number): Promise<void>;
  /** Makes a symlink with this target, replacing what is at `path` as `write` does. */
  symlink(target: string, path: string): Promise<void>;
  /** Appends and fsyncs. The file is made with this mode if it is missing. */
  append(path: string, content: string, mode: number): Promise<void>;
  /** Removes a file and fsyncs its directory; no error if it is gone already. */
  remove(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Makes `path` a second name of `existing`, never following a symlink; false if `path` exists. */
  link(existing: string, path: string): Promise<boolean>;
}

export interface UnitState {
  /** false: there is no such unit file. */
  readonly exists: boolean;
  readonly enabled: boolean;
  readonly active: boolean;
  /** systemd's ActiveState and SubState, for messages: "failed (exit-code)". */
  readonly detail: string;
}

export interface Units {
  state(unit: string): Promise<UnitState>;
  /** Throws AgentError `E_UNIT` with what systemctl said. */
  setEnabled(unit: string, enabled: boolean): Promise<void>;
  setActive(unit: string, active: boolean): Promise<void>;
  reload(): Promise<void>;
}

export interface Clock {
  now(): Date;
  /** Milliseconds that only go forward; for every time-out and delay. */
  monotonicMs(): number;
  /** Rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Sets the system's clock. Throws AgentError `E_CLOCK_NOT_SET` where that is not allowed. */
  step(to: Date): Promise<void>;
  /** true: a time service says so; false: it says no; null: nobody on this machine can tell. */
  synchronized(): Promise<boolean | null>;
}
