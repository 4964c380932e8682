import { type Check, onRunningSystem, pass, skip, unknown } from '../check.ts';

const GIB = 1024 ** 3;

export const diskSizeCheck: Check = {
  id: 'disk-size',
  run: onRunningSystem(async ({ facts, thresholds }) => {
    const { rootDisk, disks } = await facts();
    if (rootDisk === null) return skip('no disk of this machine is known to hold /');
    const bytes = disks.find(({ name }) => name === rootDisk)?.sizeBytes ?? null;
    if (bytes === null) return unknown(`${rootDisk} does not tell its size`);
    const { diskGiB } = await thresholds();
    const required = `${diskGiB} GiB`;
    const observed = `${rootDisk}: ${(bytes / GIB).toFixed(1)} GiB`;
    if (bytes >= diskGiB * GIB) return pass(observed, required);
    return { status: 'fail', observed, required, fix: `enlarge the disk of the VM to ${diskGiB} GiB` };
  }),
};
