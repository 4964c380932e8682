import { type Check, onRunningSystem, pass, unknown } from '../check.ts';

export const swapCheck: Check = {
  id: 'swap',
  run: onRunningSystem(async ({ facts }) => {
    const { swapMiB } = (await facts()).memory;
    if (swapMiB === null) return unknown('/proc/meminfo does not say');
    if (swapMiB === 0) return pass('no swap');
    return { status: 'warn', observed: `${swapMiB} MiB of swap`, fix: 'swapoff -a, and take swap out of /etc/fstab' };
  }),
};
