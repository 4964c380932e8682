import { type Check, onRunningSystem, pass, unknown } from '../check.ts';

/** What kernel and firmware keep of the memory that the VM was given. */
const TOLERANCE_MIB = 100;

export const memoryCheck: Check = {
  id: 'memory',
  run: onRunningSystem(async ({ facts, thresholds }) => {
    const { totalMiB } = (await facts()).memory;
    if (totalMiB === null) return unknown('/proc/meminfo does not say');
    const { memoryMiB } = await thresholds();
    const required = `${memoryMiB} MiB; ${TOLERANCE_MIB} MiB less will do`;
    const observed = `${totalMiB} MiB`;
    if (totalMiB + TOLERANCE_MIB >= memoryMiB) return pass(observed, required);
    return { status: 'fail', observed, required, fix: `give this machine ${memoryMiB} MiB of memory` };
  }),
};
