import { hint } from '../../facts/text.ts';
import { type Check, type Finding, onRunningSystem, pass, unknown } from '../check.ts';

const wanted = ['cpu', 'cpuset', 'memory', 'pids'];

/** cgroup v2 where it is mounted as a whole, else v1, also in systemd's mixed form. */
export const cgroupControllersCheck: Check = {
  id: 'cgroup-controllers',
  run: onRunningSystem(async (_, running) => {
    const unified = await hint(running.readText('/sys/fs/cgroup/cgroup.controllers'));
    if (unified !== null) return finding('cgroup v2', unified.trim().split(/\s+/));
    const table = await hint(running.readText('/proc/cgroups'));
    if (table === null) return unknown('neither /sys/fs/cgroup/cgroup.controllers nor /proc/cgroups can be read');
    return finding('cgroup v1', enabledIn(table));
  }),
};

/** Lines of name, hierarchy, number of cgroups, enabled. */
function enabledIn(table: string): string[] {
  return table.split('\n').flatMap(line => {
    const [name, , , enabled] = line.split(/\s+/);
    return name !== undefined && enabled === '1' ? [name] : [];
  });
}

function finding(version: string, found: readonly string[]): Finding {
  const missing = wanted.filter(name => !found.includes(name));
  const observed = `${version} with ${found.join(', ')}`;
  if (missing.length === 0) return pass(observed);
  const fix = `take cgroup_disable=… off the kernel's command line, or add cgroup_enable=${missing.join(',')}; then reboot`;
  return { status: 'fail', observed: `${observed}; without ${missing.join(', ')}`, fix };
}
