import { hashMachineId } from '../../facts/machine-id.ts';
import { type Check, pass, skip } from '../check.ts';

const PATH = '/etc/machine-id';

/** The id itself is confidential, and so in no finding. */
export const machineIdCheck: Check = {
  id: 'machine-id',
  async run({ host, disk, facts }) {
    const fix = `rm -f ${PATH} /var/lib/dbus/machine-id; systemd-machine-id-setup; reboot`;
    const text = await disk.readText(PATH);
    if (text === null || hashMachineId(text) === null) {
      const observed = text === null ? `there is no ${PATH}` : `${PATH} holds no machine id`;
      return host.root === '/'
        ? { status: 'fail', observed, fix }
        : skip(`${observed}; it is made when this tree boots`);
    }
    const builtAt = (await facts()).image?.builtAt ?? null;
    if (host.root !== '/') return pass('present; whether this tree is the template itself cannot be told');
    if (builtAt === null) return pass('present; no manifest says when the image was made');
    const changed = new Date((await disk.stat(PATH))?.mtimeMs ?? 0);
    if (changed.getTime() >= Date.parse(builtAt)) return pass('made after the image');
    const observed = `made ${changed.toISOString()}, before the image (${builtAt}): every machine of it has this one`;
    return { status: 'fail', observed, fix };
  },
};
