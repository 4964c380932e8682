import type { ChangeKind, KernelModuleChange } from '../change.ts';
import { whyFailed } from '../cluster/why-failed.ts';
import { AgentError } from '../errors.ts';

/** What shows a module that is built into the kernel, where its own directory does not. */
const traces: Readonly<Record<string, string>> = {
  br_netfilter: '/proc/sys/net/bridge/bridge-nf-call-iptables',
};

/** A tree that is not booted has no kernel. Others may need the module by the time that it would be taken back, so that there is no undo. */
export const kernelModuleChange: ChangeKind<KernelModuleChange> = {
  async isDone({ module }, { root, files }) {
    if (root !== '/') return true;
    if ((await files.stat(`/sys/module/${module}`)) !== null) return true;
    const trace = traces[module];
    if (trace !== undefined && (await files.stat(trace)) !== null) return true;
    return new RegExp(`\\t${module}$`, 'm').test((await files.readText('/proc/filesystems')) ?? '');
  },

  async apply({ module }, host, signal) {
    const result = await host.run(['modprobe', '--', module], { timeoutMs: 60_000, signal });
    signal.throwIfAborted();
    if (result.status === 0) return;
    throw new AgentError('E_KERNEL', `the kernel does not load ${module}`, { seen: whyFailed(result), wanted: module });
  },

  undo: async () => [],
};
