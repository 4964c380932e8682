import { type MountLine, mountOf, parseMountinfo } from '../../facts/mounts.ts';
import { count, hint } from '../../facts/text.ts';
import type { Files } from '../../host/host.ts';
import { type Check, onRunningSystem, pass, skip, unknown } from '../check.ts';

const SECTOR = 512;
const GIB = 1024 ** 3;
const LEAST_GAP = GIB;
/** What a file system keeps for itself stays below this share. */
const LEAST_SHARE = 0.1;

interface Layer {
  readonly name: string;
  readonly bytes: number;
  /** How much of it the next layer, or the file system, takes. */
  readonly usedBytes: number;
  readonly grow: string;
}

/** Partition to disk, volume to partition, file system to its device: each may have stayed behind. */
export const grownToDiskCheck: Check = {
  id: 'grown-to-disk',
  run: onRunningSystem(async ({ facts }, running) => {
    const { disks, rootDisk } = await facts();
    const root = mountOf('/', parseMountinfo((await hint(running.readText('/proc/self/mountinfo'))) ?? ''));
    if (root === null || rootDisk === null) return skip('no disk of this machine is known to hold /');
    const top = await nameOf(running, root);
    const fileSystem = disks.flatMap(({ mounts }) => mounts).find(({ path }) => path === '/')?.sizeBytes ?? null;
    if (top === null || fileSystem === null) return unknown('the device of / or its size is not known');
    const layers = await layersOf(running, { disk: rootDisk, top, fileSystem });
    if (layers === null) return unknown(`the kernel does not say how ${rootDisk} is divided`);
    const behind = layers.filter(
      ({ bytes, usedBytes }) => bytes - usedBytes > Math.max(LEAST_GAP, LEAST_SHARE * bytes),
    );
    const [first] = behind;
    if (first === undefined) return pass(layers.map(textOf).join(', '));
    return { status: 'warn', observed: behind.map(textOf).join(', '), fix: first.grow };
  }),
};

function textOf({ name, bytes, usedBytes }: Layer): string {
  return `${name}: ${(usedBytes / GIB).toFixed(1)} of ${(bytes / GIB).toFixed(1)} GiB used`;
}

interface Stack {
  readonly disk: string;
  /** The block device that the file system is on. */
  readonly top: string;
  readonly fileSystem: number;
}

async function layersOf(files: Files, { disk, top, fileSystem }: Stack): Promise<Layer[] | null> {
  const at = (device: string) => `/sys/class/block/${device}`;
  const [diskBytes, topBytes] = await Promise.all([sizeOf(files, at(disk)), sizeOf(files, at(top))]);
  const names = (await hint(files.list(at(disk)))) ?? [];
  const partitions = names.filter(name => name.startsWith(disk));
  const ends = await Promise.all(partitions.map(name => endOf(files, at(name))));
  if (diskBytes === null || topBytes === null || ends.includes(null)) return null;
  const layers: Layer[] = [];
  if (partitions.length > 0) {
    const usedBytes = Math.max(...ends.map(end => end ?? 0));
    layers.push({ name: disk, bytes: diskBytes, usedBytes, grow: `growpart /dev/${disk} ${partitions.length}` });
  }
  for (const name of (await hint(files.list(`${at(top)}/slaves`))) ?? []) {
    const bytes = await sizeOf(files, at(name));
    const usedBytes = await sizeOfVolumes(files, name);
    if (bytes === null || usedBytes === null) return null;
    layers.push({ name, bytes, usedBytes, grow: `pvresize /dev/${name}; lvextend -r -l +100%FREE the volume of /` });
  }
  return [
    ...layers,
    { name: top, bytes: topBytes, usedBytes: fileSystem, grow: `resize2fs /dev/${top}, or xfs_growfs /` },
  ];
}

/** Of all volumes that lie, at least in part, on a device. */
async function sizeOfVolumes(files: Files, device: string): Promise<number | null> {
  const holders = (await hint(files.list(`/sys/class/block/${device}/holders`))) ?? [];
  const sizes = await Promise.all(holders.map(name => sizeOf(files, `/sys/class/block/${name}`)));
  return sizes.includes(null) || sizes.length === 0 ? null : sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}

async function nameOf(files: Files, { device, source }: MountLine): Promise<string | null> {
  if (device.startsWith('0:')) return /^\/dev\/([\w-]+)$/.exec(source)?.[1] ?? null;
  return (await hint(files.readlink(`/sys/dev/block/${device}`)))?.split('/').at(-1) ?? null;
}

async function sizeOf(files: Files, directory: string): Promise<number | null> {
  const sectors = count(await hint(files.readText(`${directory}/size`)));
  return sectors === null ? null : sectors * SECTOR;
}

async function endOf(files: Files, directory: string): Promise<number | null> {
  const start = count(await hint(files.readText(`${directory}/start`)));
  const size = await sizeOf(files, directory);
  return start === null || size === null ? null : start * SECTOR + size;
}
