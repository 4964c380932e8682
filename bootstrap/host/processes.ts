import { nodeDisk } from './disk.ts';
import { createFiles } from './files.ts';

/** What tells one process from a later one with the same number. It is asked of the running kernel, whatever the root. */
export interface Processes {
  /** This process. */
  readonly pid: number;
  /** When the process started, in the kernel's ticks since boot; null where there is none, or only its zombie. */
  startTicks(pid: number): Promise<number | null>;
  /** Another one after each boot; null where the kernel does not say. */
  bootId(): Promise<string | null>;
}

const files = createFiles(nodeDisk, '/');

export const localProcesses: Processes = {
  pid: process.pid,

  async startTicks(pid) {
    const stat = await files.readText(`/proc/${pid}/stat`).catch(() => null);
    // The second field, the program's name in parentheses, may itself hold spaces and parentheses.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
    const [state] = fields;
    const ticks = Number(fields[19]);
    return state === undefined || state === 'Z' || state === 'X' || !Number.isSafeInteger(ticks) ? null : ticks;
  },

  bootId: async () => (await files.readText('/proc/sys/kernel/random/boot_id').catch(() => null))?.trim() ?? null,
};
