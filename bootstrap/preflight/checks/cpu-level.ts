import { type Check, onRunningSystem, pass, skip, unknown } from '../check.ts';

export const cpuLevelCheck: Check = {
  id: 'cpu-level',
  run: onRunningSystem(async ({ facts }) => {
    const { cpu, os } = await facts();
    if (os.arch === 'arm64') return skip('only x86 processors have levels');
    if (os.arch === null) return unknown('the processor does not say');
    if (cpu.level !== null && cpu.level !== 'x86-64-v1') return pass(cpu.level);
    const fix = 'set the processor of the VM to the host’s own, not to a generic one such as kvm64 or qemu64';
    return { status: 'warn', observed: cpu.level ?? 'less than x86-64-v1', fix };
  }),
};
