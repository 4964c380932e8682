import { runTool } from '../tool.ts';
import type { Finding } from './check.ts';
import { type DiskImage, fileSystemAt, readBytes } from './open-image.ts';
import type { Tree } from './tree.ts';

/** One thing that the disk of a template must be. */
export interface DiskCheck {
  readonly id: string;
  readonly why: string;
  readonly fix: string;
  find(disk: DiskImage, tree: Tree): readonly Finding[];
}

const EFI_SYSTEM = 'C12A7328-F81F-11D2-BA4B-00C04FA3EC93';
const BIOS_BOOT = '21686148-6449-6E6F-744E-656564454649';
const SUPERBLOCK = { at: 1024, length: 1024, uuid: 0x68, state: 0x3a } as const;

export const diskChecks: readonly DiskCheck[] = [
  {
    id: 'root-not-last',
    why: 'the root could not grow: growpart only enlarges the last partition of a disk',
    fix: 'put the root behind all other partitions',
    find: ({ partitions, root }) =>
      partitions
        .filter(({ start }) => start > root.start)
        .map(({ number }) => ({
          where: `partition ${number}`,
          seen: `lies behind the root, partition ${root.number}`,
        })),
  },
  {
    id: 'no-bios-boot',
    why: 'a machine with BIOS, as of hardware version 10, would not start',
    fix: "GRUB's boot.img in the first sector, its core in a BIOS boot partition",
    find: disk => {
      const code = readBytes(disk.file, 0, 440);
      if (code.every(byte => byte === 0)) return [{ where: 'first sector', seen: 'no boot code' }];
      if (disk.label === 'dos' || disk.partitions.some(({ type }) => type === BIOS_BOOT)) return [];
      return [{ where: 'partition table', seen: 'no BIOS boot partition' }];
    },
  },
  {
    id: 'no-efi-boot',
    why: 'a machine with UEFI would not start',
    fix: 'an EFI system partition with EFI/BOOT/BOOTX64.EFI',
    find: ({ partitions }) =>
      partitions.some(({ type }) => type === EFI_SYSTEM || type === 'EF')
        ? []
        : [{ where: 'partition table', seen: 'no EFI system partition' }],
  },
  {
    id: 'file-system',
    why: 'every machine would check and mend its root at its first boot, or mount it read-only',
    fix: 'shut the template down cleanly before it is copied; e2fsck -f',
    find: disk => {
      const said = runTool('e2fsck', ['-f', '-n', fileSystemAt(disk, disk.root)], { statuses: [0, 4, 8] });
      const errors = said.split('\n').filter(line => /\?\s*no$|error|recovery|\*{3}/i.test(line));
      const clean = (superblock(disk).readUInt16LE(SUPERBLOCK.state) & 1) === 1;
      const seen = errors[0] ?? (clean ? null : 'was not unmounted');
      return seen === null ? [] : [{ where: `partition ${disk.root.number}`, seen: seen.trim() }];
    },
  },
  {
    id: 'other-root',
    why: 'the machine would wait for a root that does not exist',
    fix: 'write the UUID of the root into /boot/grub/grub.cfg and /etc/fstab',
    find: (disk, tree) => {
      const hex = superblock(disk)
        .subarray(SUPERBLOCK.uuid, SUPERBLOCK.uuid + 16)
        .toString('hex');
      const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
      const menu = [...(tree.text('/boot/grub/grub.cfg') ?? '').matchAll(/\sroot=UUID=(\S+)/g)];
      const table = [...(tree.text('/etc/fstab') ?? '').matchAll(/^UUID=(\S+)\s+\/\s/gm)];
      return [...named('/boot/grub/grub.cfg', menu), ...named('/etc/fstab', table)]
        .filter(({ seen }) => seen.toLowerCase() !== uuid)
        .map(({ where, seen }) => ({ where, seen: `${seen}, the root is ${uuid}` }));
    },
  },
];

function superblock({ file, root }: DiskImage): Buffer {
  return readBytes(file, root.start * 512 + SUPERBLOCK.at, SUPERBLOCK.length);
}

function named(where: string, matches: readonly RegExpMatchArray[]): Finding[] {
  return matches.map(([, uuid]) => ({ where, seen: uuid ?? '' }));
}
