import { type Check, onRunningSystem, pass, unknown } from '../check.ts';

export const cpuCountCheck: Check = {
  id: 'cpu-count',
  run: onRunningSystem(async ({ facts, thresholds }) => {
    const { threads } = (await facts()).cpu;
    if (threads === null) return unknown('/proc/cpuinfo does not say');
    const { cpu } = await thresholds();
    const required = `${cpu} or more`;
    if (threads >= cpu) return pass(`${threads}`, required);
    return { status: 'fail', observed: `${threads}`, required, fix: `give this machine ${cpu} processors` };
  }),
};
