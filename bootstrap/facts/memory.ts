import type { Facts } from './facts.ts';
import type { Source } from './source.ts';
import { count, readReported } from './text.ts';

const PATH = '/proc/meminfo';
const unknown: Facts['memory'] = { totalMiB: null, swapMiB: null };

/** What the kernel may use of the machine's memory, and its swap. */
export const memory: Source<Facts['memory']> = {
  name: 'memory',
  fields: ['memory.swapMiB', 'memory.totalMiB'],
  unknown,
  async read({ running }, report) {
    const text = await readReported(running, PATH, 'memory', report);
    if (text === null) return unknown;
    const found = parseMeminfo(text);
    for (const field of ['totalMiB', 'swapMiB'] as const) {
      if (found[field] === null) report(`memory.${field}`, `${PATH} does not say`);
    }
    return found;
  },
};

/** Reads the text of /proc/meminfo. Never throws; what is not there is null. */
export function parseMeminfo(text: string): Facts['memory'] {
  const mebibytes = (key: string): number | null => {
    const kibibytes = count(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]);
    return kibibytes === null ? null : Math.floor(kibibytes / 1024);
  };
  return { totalMiB: mebibytes('MemTotal'), swapMiB: mebibytes('SwapTotal') };
}
