import { createHash } from 'node:crypto';

export const SECTOR = 512;
const MIB = 1024 * 1024;

/** In sectors. The root is the last on the disk, so that it can grow; its number is 1, as on other cloud images. */
export interface Partition {
  readonly number: number;
  readonly start: number;
  readonly sectors: number;
  /** GPT type. */
  readonly type: string;
}

export interface Layout {
  readonly diskBytes: number;
  /** GRUB's core, which BIOS machines start from: no file system is in it. */
  readonly biosBoot: Partition;
  /** What UEFI machines start from: FAT. */
  readonly efi: Partition;
  readonly root: Partition;
}

/** The same for every image of one size. The last MiB is for the second partition table. */
export function layoutOf(diskGiB: number): Layout {
  const diskBytes = diskGiB * 1024 * MIB;
  const rootStart = 68 * MIB;
  return {
    diskBytes,
    biosBoot: { ...span(1 * MIB, 3 * MIB), number: 14, type: '21686148-6449-6E6F-744E-656564454649' },
    efi: { ...span(4 * MIB, 64 * MIB), number: 15, type: 'C12A7328-F81F-11D2-BA4B-00C04FA3EC93' },
    root: { ...span(rootStart, diskBytes - rootStart - MIB), number: 1, type: '0FC63DAF-8483-4772-8E79-3D69D8477DE4' },
  };
}

export function bytesBefore({ start }: Partition): number {
  return start * SECTOR;
}

function span(from: number, bytes: number): { start: number; sectors: number } {
  return { start: from / SECTOR, sectors: bytes / SECTOR };
}

/** A UUID that follows from the build and what it is for, so that the same build gives the same disk. */
export function uuidFor(buildId: string, purpose: string): string {
  const hex = createHash('sha256').update(`${buildId} ${purpose}`).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(18, 20)}-${hex.slice(20, 32)}`;
}
