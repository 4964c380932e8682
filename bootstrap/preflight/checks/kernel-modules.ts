import { hint } from '../../facts/text.ts';
import type { Files } from '../../host/host.ts';
import { type Check, onRunningSystem, pass, unknown } from '../check.ts';

/** What shows that a module does its work, also where it is built into the kernel. */
const wanted: Readonly<Record<string, string>> = {
  overlay: '/sys/module/overlay',
  br_netfilter: '/proc/sys/net/bridge/bridge-nf-call-iptables',
  nf_conntrack: '/proc/sys/net/netfilter/nf_conntrack_max',
};

/** Loaded, built in, or there to be loaded: Kubernetes' own tools load them when they are needed. */
export const kernelModulesCheck: Check = {
  id: 'kernel-modules',
  run: onRunningSystem(async ({ disk, facts }, running) => {
    const { kernel, virtualization } = await facts();
    const filesystems = (await hint(running.readText('/proc/filesystems'))) ?? '';
    const places: Record<string, string> = {};
    for (const [name, trace] of Object.entries(wanted)) {
      if ((await hint(running.stat(trace))) !== null) places[name] = 'loaded';
    }
    if (/\toverlay$/m.test(filesystems)) places.overlay = 'loaded';
    const others = Object.keys(wanted).filter(name => places[name] === undefined);
    if (others.length > 0) {
      const directory = `/lib/modules/${kernel}`;
      const found = kernel === null ? null : await modulesIn(disk, directory);
      if (found === null) {
        const observed = `${others.join(', ')}: not loaded, and there is no ${directory}`;
        if (kernel === null || virtualization.container !== null) return unknown(observed);
        return { status: 'fail', observed, fix: 'the kernel was updated or its modules are missing: reboot' };
      }
      for (const name of others) places[name] = found(name);
    }
    const observed = Object.entries(places)
      .map(([name, place]) => `${name} ${place}`)
      .join(', ');
    const missing = Object.keys(places).filter(name => places[name] === 'missing');
    if (missing.length === 0) return pass(observed);
    const fix = `apt install linux-modules-extra-${kernel}, or use the kernel of the distribution (${missing.join(', ')})`;
    return { status: 'fail', observed, fix };
  }),
};

/** Where a module of this directory is; null: the directory is not there. */
async function modulesIn(files: Files, directory: string): Promise<((name: string) => string) | null> {
  const [builtIn, loadable] = await Promise.all([
    hint(files.readText(`${directory}/modules.builtin`)),
    hint(files.readText(`${directory}/modules.dep`)),
  ]);
  if (builtIn === null && loadable === null) return null;
  return name => {
    const file = new RegExp(`(^|/)${name.replace('_', '[-_]')}\\.ko`, 'm');
    if (file.test(builtIn ?? '')) return 'built in';
    return file.test(loadable ?? '') ? 'loadable' : 'missing';
  };
}
