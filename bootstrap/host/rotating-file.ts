import { closeSync, constants, fchmodSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { nodeDisk } from './disk.ts';
import { errnoOf } from './file-error.ts';
import { resolveInRoot } from './resolve.ts';

export interface RotatingFileOptions {
  readonly root: string;
  /** As the machine sees it, inside the root. */
  readonly path: string;
  readonly mode: number;
  /** A line that would make the file larger than this begins a new one. */
  readonly maxBytes: number;
  /** So many older files are kept: PATH.1 is the newest of them. */
  readonly keep: number;
}

/** A log file. It never throws: a disk that is full or read-only must not stop what is being logged. */
export interface RotatingFile {
  write(line: string): void;
  /** The errno of the last write, null where it went well. */
  problem(): string | null;
  close(): void;
}

/** Opens the file at the first write, so that a command that logs nothing leaves nothing behind. */
export async function rotatingFile(options: RotatingFileOptions): Promise<RotatingFile> {
  const path = await resolveInRoot(nodeDisk, options.root, options.path, false).catch(() => null);
  let file: { descriptor: number; size: number } | null = null;
  let problem: string | null = path === null ? 'ELOOP' : null;

  const close = () => {
    if (file !== null) closeSync(file.descriptor);
    file = null;
  };

  const write = (real: string, line: string): void => {
    file ??= open(real, options.mode);
    const bytes = Buffer.from(line, 'utf8');
    if (file.size > 0 && file.size + bytes.length > options.maxBytes) {
      close();
      rotate(real, options.keep);
      file = open(real, options.mode);
    }
    file.size += writeSync(file.descriptor, bytes);
  };

  return {
    write(line) {
      if (path === null) return;
      try {
        write(path, line);
        problem = null;
      } catch (error) {
        problem = errnoOf(error) ?? 'unknown';
        file = null;
      }
    },
    problem: () => problem,
    close,
  };
}

function open(path: string, mode: number): { descriptor: number; size: number } {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
  const descriptor = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, mode);
  fchmodSync(descriptor, mode);
  return { descriptor, size: fstatSync(descriptor).size };
}

function rotate(path: string, keep: number): void {
  for (let age = keep; age > 0; age -= 1) {
    try {
      renameSync(age === 1 ? path : `${path}.${age - 1}`, `${path}.${age}`);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
}
