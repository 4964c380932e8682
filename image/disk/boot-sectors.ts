import type { BootLoader } from './boot-loader.ts';
import { bytesBefore, type Partition, SECTOR } from './layout.ts';

/** Bytes that belong at an offset of the disk. */
export interface Piece {
  readonly at: number;
  readonly bytes: Buffer;
}

// Of GRUB's boot.img and diskboot.img (include/grub/i386/pc/boot.h): where each is told where the next part lies.
const KERNEL_SECTOR = 0x5c;
const DRIVE_CHECK = 0x66;
/** The code of the first sector ends before the disk's signature and the protective partition entry. */
const CODE_END = 0x1b8;
const BLOCK_LIST = SECTOR - 12;

/**
 * What grub-bios-setup writes to a disk, as pieces, since it only takes block devices: the code of the first sector, which
 * loads the first sector of GRUB's core, which loads the rest of it.
 */
export function bootSectors({ boot, core }: BootLoader, partition: Partition): Piece[] {
  if (boot.length !== SECTOR) throw new Error(`boot.img of GRUB must have ${SECTOR} bytes, it has ${boot.length}`);
  const coreSectors = Math.ceil(core.length / SECTOR);
  if (coreSectors > partition.sectors) throw new Error(`GRUB's core does not fit into ${partition.sectors} sectors`);
  const first = Buffer.from(boot);
  first.writeBigUInt64LE(BigInt(partition.start), KERNEL_SECTOR);
  // Some firmware names a floppy when it starts a hard disk; two no-ops make the code take the hard disk.
  first.writeUInt16LE(0x9090, DRIVE_CHECK);
  const rest = Buffer.from(core);
  rest.writeBigUInt64LE(BigInt(partition.start + 1), BLOCK_LIST);
  rest.writeUInt16LE(coreSectors - 1, BLOCK_LIST + 8);
  return [
    { at: 0, bytes: first.subarray(0, CODE_END) },
    { at: bytesBefore(partition), bytes: rest },
  ];
}
