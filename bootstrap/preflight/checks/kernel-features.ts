import { hint } from '../../facts/text.ts';
import { type Check, onRunningSystem, pass, unknown } from '../check.ts';

const namespaces = ['ipc', 'mnt', 'net', 'pid', 'uts'];

/** Asked of the kernel that runs, not of the file it was configured with, which may be that of another kernel. */
export const kernelFeaturesCheck: Check = {
  id: 'kernel-features',
  run: onRunningSystem(async ({ host, uid, facts, signal }, running) => {
    const [own, status, seccomp] = await Promise.all([
      hint(running.list('/proc/self/ns')),
      hint(running.readText('/proc/self/status')),
      hint(running.readText('/proc/sys/kernel/seccomp/actions_avail')),
    ]);
    if (own === null) return unknown('/proc/self/ns cannot be read');
    const missing = namespaces.filter(name => !own.includes(name)).map(name => `${name} namespaces`);
    if (seccomp === null && !/^Seccomp:/m.test(status ?? '')) missing.push('seccomp filters');
    if (missing.length > 0) {
      return { status: 'fail', observed: `without ${missing.join(', ')}`, fix: 'use the kernel of the distribution' };
    }
    if (uid !== 0 || host.root !== '/') return pass('namespaces and seccomp filters are there; making one needs root');
    const tried = await host.run(['unshare', '--mount', '--uts', '--ipc', '--net', '--pid', '--fork', 'true'], {
      signal,
    });
    if (tried.status === 0) return pass('namespaces can be made, seccomp filters are there');
    if (tried.missing || tried.timedOut) return unknown('unshare is not there, or gives no answer');
    // As a hardened service (RestrictNamespaces=) the agent itself may not.
    if (/^Seccomp:\s*2$/m.test(status ?? '')) {
      return pass('namespaces and seccomp filters are there; this service may not make one itself');
    }
    const said = tried.stderr.trim().slice(0, 200);
    if ((await facts()).virtualization.container !== null) return unknown(`this container may not make one: ${said}`);
    return {
      status: 'fail',
      observed: `namespaces cannot be made: ${said}`,
      fix: 'use the kernel of the distribution',
    };
  }),
};
