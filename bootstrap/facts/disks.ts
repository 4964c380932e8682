import type { Files } from '../host/host.ts';
import { diskNames, disksBelow } from './block-devices.ts';
import { diskSerial } from './disk-serial.ts';
import type { Facts } from './facts.ts';
import { type MountLine, mountOf, parseDf, parseMountinfo, shownPath } from './mounts.ts';
import { PROGRAM_LIMIT_MS, type Report, type Source, type View } from './source.ts';
import { byText, clean, count, hint, readReported } from './text.ts';

type Disk = Facts['disks'][number];
type Disks = Pick<Facts, 'disks' | 'rootDisk' | 'rootDiskSerial'>;

const SECTOR_BYTES = 512;

/** Disks of the machine with what is mounted from them, and which of them holds its `/`. */
export const disks: Source<Disks> = {
  name: 'disks',
  fields: ['disks', 'rootDisk', 'rootDiskSerial'],
  unknown: { disks: [], rootDisk: null, rootDiskSerial: null },
  async read(view, report) {
    const { running } = view;
    const [names, mountinfo] = await Promise.all([
      diskNames(running),
      readReported(running, '/proc/self/mountinfo', 'disks.mounts', report),
    ]);
    if (names === null) report('disks', '/sys/block does not exist');
    const lines = parseMountinfo(mountinfo ?? '');
    const [found, mounted, rootNames] = await Promise.all([
      Promise.all((names ?? []).map(name => diskOf(running, name))),
      mountsOf(view, lines, report),
      disksOfRoot(view, lines),
    ]);
    const disks = found
      .filter(disk => disk.sizeBytes !== 0)
      .map(disk => ({ ...disk, mounts: mounted.filter(one => one.disks.includes(disk.name)).map(one => one.mount) }));
    const root = disks.filter(disk => rootNames.includes(disk.name)).sort(bySerial)[0];
    const { name: rootDisk = null, serial: rootDiskSerial = null } = root ?? {};
    if (rootDisk === null) report('rootDisk', `no disk is known to hold ${view.rootPath}`);
    if (rootDiskSerial === null) report('rootDiskSerial', 'the disk that holds / tells no serial');
    return { disks, rootDisk, rootDiskSerial };
  },
};

async function diskOf(files: Files, name: string): Promise<Omit<Disk, 'mounts'>> {
  const at = (file: string): Promise<string | null> => hint(files.readText(`/sys/block/${name}/${file}`));
  const [size, rotational, vendor, model, serial] = await Promise.all([
    at('size'),
    at('queue/rotational'),
    at('device/vendor'),
    at('device/model'),
    diskSerial(files, name),
  ]);
  const sectors = count(size);
  return {
    name,
    sizeBytes: sectors === null ? null : sectors * SECTOR_BYTES,
    type: typeOf(name, `${vendor ?? ''} ${model ?? ''}`, rotational?.trim()),
    model: clean(model ?? ''),
    serial,
  };
}

const VIRTUAL = /vmware|qemu|vbox|virtual|msft|bochs|amazon elastic block store|google persistentdisk|nutanix/i;

/** A hypervisor's disk calls itself rotational or not at will, so its name is looked at first. */
function typeOf(name: string, maker: string, rotational: string | undefined): Disk['type'] {
  if (/^(vd|xvd)/.test(name) || VIRTUAL.test(maker)) return 'virtual';
  if (name.startsWith('nvme')) return 'nvme';
  if (rotational === '1') return 'hdd';
  return rotational === '0' ? 'ssd' : null;
}

interface Mounted {
  readonly disks: readonly string[];
  readonly mount: Disk['mounts'][number];
}

/** One mount for each file system: bind mounts and the kubelet's copies for pods say nothing more about the disk. */
async function mountsOf({ host, running, signal }: View, lines: readonly MountLine[], report: Report) {
  const shortest = new Map<string, MountLine>();
  for (const line of lines) {
    const device = blockDeviceOf(line);
    if (device === null || isPartOnly(line)) continue;
    const known = shortest.get(device);
    if (known === undefined || line.path.length < known.path.length) shortest.set(device, line);
  }
  const below = await Promise.all([...shortest.keys()].map(device => disksBelow(running, device)));
  const onDisks = [...shortest.values()]
    .map((line, index) => ({ line, disks: below[index] ?? [] }))
    .filter(one => one.disks.length > 0);
  if (onDisks.length === 0) return [];
  const argv = ['df', '-kP', '--', ...onDisks.map(one => one.line.path)] as const;
  const sizes = parseDf((await host.run(argv, { timeoutMs: PROGRAM_LIMIT_MS, signal })).stdout);
  if (sizes.size === 0) report('disks.mounts.freeBytes', 'df gave no answer');
  return onDisks
    .map(({ line: { path, filesystem }, disks }): Mounted => {
      const { sizeBytes = null, freeBytes = null } = sizes.get(path) ?? {};
      return { disks, mount: { path: shownPath(path), filesystem: shownPath(filesystem), sizeBytes, freeBytes } };
    })
    .sort((a, b) => byText(a.mount.path, b.mount.path));
}

async function disksOfRoot({ running, rootPath }: View, lines: readonly MountLine[]): Promise<string[]> {
  const mount = mountOf(rootPath, lines);
  const device = mount === null ? null : blockDeviceOf(mount);
  return device === null ? [] : await disksBelow(running, device);
}

/** Of an array's disks always the same one is taken, since names can change places from boot to boot. */
function bySerial(a: Disk, b: Disk): number {
  if ((a.serial === null) !== (b.serial === null)) return a.serial === null ? 1 : -1;
  return byText(a.serial ?? a.name, b.serial ?? b.name);
}

/** What `disksBelow` understands; null for a file system that is on no block device. */
function blockDeviceOf({ device, source }: MountLine): string | null {
  if (!device.startsWith('0:')) return device;
  return /^\/dev\/[\w-]+$/.test(source) ? source : null;
}

/** A bind mount of a directory. What btrfs mounts is a subvolume, and that has the whole file system's space. */
function isPartOnly({ device, subtree }: MountLine): boolean {
  return subtree !== '/' && !device.startsWith('0:');
}
