import type { ChangeKind, HostnameChange } from '../change.ts';
import type { Host } from '../host/host.ts';

const stored = '/etc/hostname';
const running = '/proc/sys/kernel/hostname';

/** The name in /etc/hostname and, on the system that runs, the kernel's. */
export const hostnameChange: ChangeKind<HostnameChange> = {
  async isDone({ name }, host) {
    if ((await nameIn(host, stored)) !== name) return false;
    return host.root !== '/' || (await nameIn(host, running)) === name;
  },

  async apply({ name }, host) {
    await host.files.write(stored, `${name}\n`, 0o644);
    if (host.root === '/') await host.run(['hostname', name]);
  },

  async undo({ id }, host) {
    const before = (await nameIn(host, stored)) ?? (await nameIn(host, running));
    return before === null || before === '' ? [] : [{ kind: 'hostname', id, name: before }];
  },
};

async function nameIn(host: Host, path: string): Promise<string | null> {
  return (await host.files.readText(path))?.trim() ?? null;
}
