import { clean, count } from './text.ts';

export interface MountLine {
  /** "8:1"; a major of 0 is a file system without a block device of its own (overlay, tmpfs, btrfs). */
  readonly device: string;
  /** What of the file system is mounted: "/" is the whole of it. */
  readonly subtree: string;
  readonly path: string;
  readonly filesystem: string;
  readonly source: string;
  /** Of this mount and of the file system itself: "ro", "noexec". */
  readonly options: readonly string[];
}

/** Reads the text of /proc/self/mountinfo. Never throws; a line that does not fit is left out. */
export function parseMountinfo(text: string): MountLine[] {
  return text.split('\n').flatMap(line => {
    const [before, after] = line.split(' - ');
    const [, , device, subtree, path, own = ''] = before?.split(' ') ?? [];
    const [filesystem, source, whole = ''] = after?.split(' ') ?? [];
    if (!device || !/^\d+:\d+$/.test(device) || !subtree || !path?.startsWith('/') || !filesystem || !source) return [];
    const options = `${own},${whole}`.split(',').filter(option => option !== '');
    const plain = { subtree: unescapeOctal(subtree), path: unescapeOctal(path), source: unescapeOctal(source) };
    return [{ device, filesystem, options, ...plain }];
  });
}

/** The mount that a path lies in: the last of those with the longest mount point, since it covers the others. */
export function mountOf(path: string, mounts: readonly MountLine[]): MountLine | null {
  const above = mounts.filter(one => one.path === '/' || path === one.path || path.startsWith(`${one.path}/`));
  return above.reduce<MountLine | null>(
    (best, one) => (best === null || one.path.length >= best.path.length ? one : best),
    null,
  );
}

/** Size and what is free to users, in bytes, by mount point: the output of `df -kP`. Never throws. */
export function parseDf(text: string): Map<string, { sizeBytes: number; freeBytes: number }> {
  const found = new Map<string, { sizeBytes: number; freeBytes: number }>();
  for (const line of text.split('\n')) {
    const [, size, free, path] = /\s(\d+)\s+\d+\s+(\d+)\s+(?:\d+%|-)\s+(\/.*)$/.exec(line) ?? [];
    const [sizeBytes, freeBytes] = [kibibytes(size), kibibytes(free)];
    if (path !== undefined && sizeBytes !== null && freeBytes !== null) found.set(path, { sizeBytes, freeBytes });
  }
  return found;
}

/** A mount point as it may stand in the document. */
export function shownPath(path: string): string {
  return clean(path) ?? '/';
}

function kibibytes(text: string | undefined): number | null {
  const number = count(text);
  return number === null || !Number.isSafeInteger(number * 1024) ? null : number * 1024;
}

/** The kernel writes space, tab, newline and backslash of a path as three octal digits. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
