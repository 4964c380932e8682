import { AgentError } from '../errors.ts';

/** The errno's name of an error from a Disk, null for any other error. */
export function errnoOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** There is nothing at that path: the name, or a directory on the way to it, does not exist. */
export function isAbsent(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ENOENT' || errno === 'ENOTDIR';
}

/** What a failed operation on a file becomes: E_HOST_FILE with errno in `data`. An error of another kind stays itself. */
export function fileError(operation: string, path: string, error: unknown): unknown {
  const errno = errnoOf(error);
  if (errno === null || error instanceof AgentError) return error;
  const next = nextSteps[errno]?.(path);
  return new AgentError('E_HOST_FILE', `cannot ${operation} ${path}: ${reasons[errno] ?? errno}`, {
    seen: errno,
    cause: error,
    data: { operation, path, errno },
    ...(next === undefined ? {} : { next }),
  });
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the file system is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is mounted read-only',
  EACCES: 'permission denied',
  EPERM: 'the kernel does not permit it (an immutable file, or a missing capability)',
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'a directory is in its place',
  ELOOP: 'a symbolic link is in its place, or links lead in a circle',
  EIO: 'the disk reports an error',
};

const nextSteps: Readonly<Record<string, (path: string) => string>> = {
  ENOSPC: () => 'df -h; df -i; make room, then: conjurer run',
  EDQUOT: () => 'quota -v; make room, then: conjurer run',
  EROFS: () => 'dmesg | tail; mount -o remount,rw the file system, then: conjurer run',
  EACCES: () => 'run the same command with sudo',
  EPERM: path => `lsattr -d ${path}; run the same command with sudo`,
  EISDIR: path => `ls -ld ${path}; move it away, then: conjurer run`,
  ELOOP: path => `ls -l ${path}; move the link away, then: conjurer run`,
  EIO: () => 'dmesg | tail; the disk must be repaired or replaced',
};
