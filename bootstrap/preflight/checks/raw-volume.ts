import * as z from 'zod';
import { parseJson } from '../../facts/json.ts';
import { type Check, onRunningSystem, pass, skip, unknown } from '../check.ts';

const GIB = 1024 ** 3;

/** util-linux before 2.33 writes numbers as texts. */
const Listed = z.object({
  blockdevices: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      size: z.coerce.number(),
      fstype: z.string().nullable(),
      mountpoint: z.string().nullable(),
      children: z.array(z.unknown()).optional(),
    }),
  ),
});

export const rawVolumeCheck: Check = {
  id: 'raw-volume',
  run: onRunningSystem(async ({ host, thresholds, signal }) => {
    const { rawVolumeGiB } = await thresholds();
    if (rawVolumeGiB === null) return skip('no storage was asked for (preflight.requirements.rawVolumeGiB)');
    const required = `an empty disk of ${rawVolumeGiB} GiB or more`;
    const argv = ['lsblk', '--json', '--bytes', '--output', 'NAME,TYPE,SIZE,FSTYPE,MOUNTPOINT'] as const;
    const { stdout } = await host.run(argv, { timeoutMs: 3_000, signal });
    const disks = Listed.safeParse(parseJson(stdout)).data?.blockdevices.filter(({ type }) => type === 'disk');
    if (disks === undefined) return unknown('lsblk gives no answer');
    const empty = disks.filter(
      ({ fstype, mountpoint, children = [] }) => fstype === null && mountpoint === null && children.length === 0,
    );
    const observed = empty.length === 0 ? 'no empty disk' : empty.map(textOf).join(', ');
    if (empty.some(({ size }) => size >= rawVolumeGiB * GIB)) return pass(observed, required);
    const fix = `add a disk of ${rawVolumeGiB} GiB to the VM, or empty one: wipefs --all /dev/NAME`;
    return { status: 'warn', observed, required, fix };
  }),
};

function textOf({ name, size }: { name: string; size: number }): string {
  return `${name} ${(size / GIB).toFixed(1)} GiB`;
}
