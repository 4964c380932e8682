import type { Files } from '../host/host.ts';
import { hint } from './text.ts';

/** Block devices that are no disks: made from files or memory, from other block devices, or for removable discs. */
const NOT_A_DISK = /^(loop|ram|zram|dm-|md|drbd|zd|bcache|nbd|rbd|sr|fd)\d|^nvme\d+c\d+n\d+$/;

/** The names of the machine's disks, sorted; null where the kernel shows no block devices. */
export async function diskNames(files: Files): Promise<string[] | null> {
  const names = await hint(files.list('/sys/block'));
  return names === null ? null : names.filter(name => !NOT_A_DISK.test(name)).sort();
}

/**
 * The disks, sorted, that a block device is made of: a partition's disk, and for LVM, encryption or RAID those of every
 * layer below. `device` is "8:1", or where a file system hides its device (btrfs) its source, "/dev/sda2".
 */
export async function disksBelow(files: Files, device: string): Promise<string[]> {
  const link = device.startsWith('/dev/')
    ? `/sys/class/block/${device.slice('/dev/'.length)}`
    : `/sys/dev/block/${device}`;
  return [...new Set(await below(files, link, 0))].sort();
}

const MAX_LAYERS = 8;

async function below(files: Files, link: string, layer: number): Promise<string[]> {
  const target = await hint(files.readlink(link));
  if (target === null || layer > MAX_LAYERS) return [];
  const [parent, name] = target.split('/').slice(-2);
  if (parent === undefined || name === undefined) return [];
  const isPartition = (await hint(files.readlink(`/sys/block/${name}`))) === null;
  if (isPartition) return [parent];
  const parts = await hint(files.list(`/sys/block/${name}/slaves`));
  if (parts === null || parts.length === 0) return NOT_A_DISK.test(name) ? [] : [name];
  return (await Promise.all(parts.map(part => below(files, `/sys/class/block/${part}`, layer + 1)))).flat();
}
