import { hint } from '../../facts/text.ts';
import { type Check, onRunningSystem, pass, unknown } from '../check.ts';

/** containerd calls this program for each container where the kernel has AppArmor, and cannot start one without it. */
const parsers = ['/sbin/apparmor_parser', '/usr/sbin/apparmor_parser'];

export const securityModuleCheck: Check = {
  id: 'security-module',
  run: onRunningSystem(async ({ disk }, running) => {
    const [appArmor, selinux] = await Promise.all([
      hint(running.readText('/sys/module/apparmor/parameters/enabled')),
      hint(running.readText('/sys/fs/selinux/enforce')),
    ]);
    if (selinux?.trim() === '1') {
      const fix = 'install container-selinux, or: setenforce 0, and SELINUX=permissive in /etc/selinux/config';
      return { status: 'warn', observed: 'SELinux enforces', fix };
    }
    if (appArmor?.trim() === 'Y') {
      const found = await Promise.all(parsers.map(path => hint(disk.stat(path))));
      if (found.some(info => info !== null)) return pass('AppArmor, with its parser');
      return { status: 'warn', observed: 'AppArmor without apparmor_parser', fix: 'apt install apparmor' };
    }
    if (selinux !== null) return pass('SELinux, which does not enforce');
    if (appArmor !== null) return pass('AppArmor is switched off');
    const modules = await hint(running.readText('/sys/kernel/security/lsm'));
    return modules === null ? unknown('the kernel does not say') : pass(`neither; ${modules.trim()}`);
  }),
};
