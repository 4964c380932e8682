import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { bytesBefore, type Partition } from '../disk/layout.ts';
import { runTool } from '../tool.ts';
import { Tree } from './tree.ts';

/** An image laid open: its root file system as a directory, and its disk as a file; no mount, nothing is started. */
export interface OpenImage {
  readonly tree: Tree;
  /** null where the image was a directory. */
  readonly disk: DiskImage | null;
  /** Path of the OVA; null for every other kind. */
  readonly ova: string | null;
  close(): void;
}

export interface DiskImage {
  /** Raw. */
  readonly file: string;
  readonly label: 'gpt' | 'dos';
  readonly partitions: readonly Partition[];
  /** The one that was unpacked. */
  readonly root: Partition;
}

/** A qcow2, VMDK, raw disk, OVA, or the directory of a root file system. Throws where it is none of these. */
export function openImage(path: string): OpenImage {
  const folder = mkdtempSync(join(tmpdir(), 'conjurer-image-check-'));
  const close = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    if (statSync(path).isDirectory()) return { tree: copyOf(path, join(folder, 'root')), disk: null, ova: null, close };
    const ova = path.endsWith('.ova') ? path : null;
    const file = rawDisk(ova === null ? path : onlyDisk(unpackOva(ova, folder)), join(folder, 'disk.raw'));
    const disk = readPartitions(file);
    return { tree: new Tree(unpackRoot(disk, join(folder, 'root'))), disk, ova, close };
  } catch (error) {
    close();
    throw error;
  }
}

const Info = z.object({ format: z.string(), 'backing-filename': z.string().optional() });

/** A raw disk is read where it is. */
function rawDisk(path: string, converted: string): string {
  const info = Info.parse(JSON.parse(runTool('qemu-img', ['info', '--output=json', path])));
  const { format, 'backing-filename': other } = info;
  if (other !== undefined) throw new Error(`${path} is not whole: it only holds what differs from ${other}`);
  if (format === 'raw') return path;
  runTool('qemu-img', ['convert', '-O', 'raw', path, converted]);
  return converted;
}

/** Bytes of a disk, at most as many as there are. */
export function readBytes(file: string, at: number, length: number): Buffer {
  const handle = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(length);
    return buffer.subarray(0, readSync(handle, buffer, 0, length, at));
  } finally {
    closeSync(handle);
  }
}

/** How e2fsprogs is told of a file system inside a file. */
export function fileSystemAt({ file }: Pick<DiskImage, 'file'>, partition: Partition): string {
  return `${file}?offset=${bytesBefore(partition)}`;
}

/** The validation leaves its note in the tree that it looks at. */
function copyOf(directory: string, copy: string): Tree {
  runTool('cp', ['-a', '--reflink=auto', directory, copy]);
  return new Tree(copy);
}

function unpackOva(path: string, folder: string): string {
  const directory = join(folder, 'ova');
  mkdirSync(directory);
  runTool('tar', ['-xf', path, '-C', directory, '--no-same-owner']);
  return directory;
}

function onlyDisk(ova: string): string {
  const [disk, ...more] = readdirSync(ova).filter(name => name.endsWith('.vmdk'));
  if (disk !== undefined && more.length === 0) return join(ova, disk);
  throw new Error(`an OVA must hold one VMDK, this one holds ${disk === undefined ? 0 : more.length + 1}`);
}

const Table = z.object({
  partitiontable: z.object({
    label: z.enum(['gpt', 'dos']),
    partitions: z.array(z.object({ node: z.string(), start: z.int(), size: z.int(), type: z.string() })),
  }),
});

/** The root is the largest partition. */
function readPartitions(file: string): DiskImage {
  const { label, partitions: found } = Table.parse(JSON.parse(runTool('sfdisk', ['--json', file]))).partitiontable;
  const partitions = found.map(({ node, start, size, type }) => {
    return { number: Number(/\d+$/.exec(node)?.[0]), start, sectors: size, type: type.toUpperCase() };
  });
  const [root] = partitions.toSorted((a, b) => b.sectors - a.sectors);
  if (root === undefined) throw new Error('the disk has no partition');
  return { file, label, partitions, root };
}

/** Owners too, where this is run by root. debugfs says little and ends with 0 in any case, so the result is looked at. */
function unpackRoot(disk: Pick<DiskImage, 'file' | 'root'>, directory: string): string {
  mkdirSync(directory);
  runTool('debugfs', ['-R', `rdump / ${directory}`, fileSystemAt(disk, disk.root)]);
  if (existsSync(join(directory, 'etc'))) return directory;
  throw new Error(`partition ${disk.root.number} holds no root file system that debugfs can read (ext2, ext3, ext4)`);
}
