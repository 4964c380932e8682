import type { ChangeKind, SysctlChange } from '../change.ts';
import { kernelValue } from '../cluster/kernel.ts';
import { whyFailed } from '../cluster/why-failed.ts';
import { AgentError } from '../errors.ts';

/** A value of the running kernel, which a tree that is not booted has none of. Undo brings back the value that it had. */
export const sysctlChange: ChangeKind<SysctlChange> = {
  isDone: async ({ key, value }, host) => host.root !== '/' || (await kernelValue(key, host)) === value,

  async apply({ key, value }, host, signal) {
    const result = await host.run(['sysctl', '-q', '-w', `${key}=${value}`], { signal });
    signal.throwIfAborted();
    if (result.status === 0) return;
    throw new AgentError('E_KERNEL', `the kernel does not take ${key} = ${value}`, {
      seen: whyFailed(result),
      wanted: `${key} = ${value}`,
    });
  },

  async undo(change, host) {
    const value = await kernelValue(change.key, host);
    return value === null ? [] : [{ ...change, value }];
  },
};
