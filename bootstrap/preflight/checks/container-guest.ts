import { type Check, onRunningSystem, pass, unknown } from '../check.ts';

export const containerGuestCheck: Check = {
  id: 'container-guest',
  run: onRunningSystem(async ({ facts }) => {
    const { type, hypervisor, container } = (await facts()).virtualization;
    if (container !== null) {
      return { status: 'warn', observed: `a container (${container})`, fix: 'run conjurer on a virtual machine' };
    }
    if (type === null) return unknown('nothing says what this runs on');
    return pass(type === 'vm' ? `a virtual machine (${hypervisor ?? 'unknown hypervisor'})` : 'hardware');
  }),
};
