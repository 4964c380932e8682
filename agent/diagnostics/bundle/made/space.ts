import { captureCommand } from '../../../../bootstrap/host/capture.ts';
import type { Make } from '../collector.ts';

const directories = ['/var/lib', '/var/log', '/var/cache', '/opt', '/home', '/usr', '/etc'] as const;

/** The hundred biggest directories; of a large disk what could be counted in the time. */
export const spaceText: Make = async ({ host: { root }, signal }) => {
  const under = root === '/' ? '' : root;
  const counted = await captureCommand(
    ['du', '-x', '-k', '--max-depth=3', ...directories.map(path => `${under}${path}`)],
    { timeoutMs: 10_000, keep: { head: 4 * 1024 * 1024, tail: 0 }, signal },
  );
  const rows = counted.stdout.head
    .toString('utf8')
    .split('\n')
    .map(line => /^(\d+)\t(.*)$/.exec(line))
    .flatMap(match => (match === null ? [] : [{ kib: Number(match[1]), path: match[2] ?? '' }]))
    .toSorted((a, b) => b.kib - a.kib)
    .slice(0, 100);
  const note = counted.timedOut ? ['[conjurer: not all was counted: it took over 10 s]'] : [];
  return rows.length === 0
    ? null
    : `${[...rows.map(({ kib, path }) => `${String(Math.round(kib / 1024)).padStart(8)} MiB  ${path}`), ...note].join('\n')}\n`;
};
