import { closeSync, openSync, readSync } from 'node:fs';
import { runTool } from '../tool.ts';
import { bytesBefore, type Layout, type Partition, SECTOR, uuidFor } from './layout.ts';

export interface RootOptions {
  /** The finished tree. */
  readonly root: string;
  /** The disk. */
  readonly file: string;
  readonly layout: Layout;
  readonly buildId: string;
  readonly rootUuid: string;
  readonly builtAt: Date;
}

/** Features that the GRUB, the kernel and the e2fsck of every release know. */
const FEATURES =
  'none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum';

/** Fills the root partition. The same tree in the same order, as the builder's file system lists it, gives the same bytes. */
export function makeRoot({ root, file, layout, buildId, rootUuid, builtAt }: RootOptions): void {
  const seconds = String(builtAt.getTime() / 1000);
  const env = { SOURCE_DATE_EPOCH: seconds, E2FSPROGS_FAKE_TIME: seconds };
  const extended = [
    `offset=${bytesBefore(layout.root)}`,
    `hash_seed=${uuidFor(buildId, 'hash')}`,
    'root_owner=0:0',
    'lazy_itable_init=1',
    'lazy_journal_init=1',
  ];
  runTool(
    'mke2fs',
    [
      ...['-q', '-F', '-t', 'ext4', '-b', '4096', '-m', '1', '-L', 'root', '-U', rootUuid, '-O', FEATURES],
      ...['-E', extended.join(','), '-d', root, file, `${(layout.root.sectors * SECTOR) / 1024}k`],
    ],
    { env },
  );
  settleTimes(file, layout.root, seconds, env);
}

const ROOT_INODE = 2;

/** mke2fs takes over when the builder's own inodes were read and changed, which no one can set there. */
function settleTimes(file: string, partition: Partition, seconds: string, env: Readonly<Record<string, string>>): void {
  const requests = [];
  // In a new file system the inodes in use are the first ones, without a gap.
  for (let inode = ROOT_INODE; inode <= inodesInUse(file, partition); inode += 1) {
    requests.push(`set_inode_field <${inode}> atime @${seconds}`, `set_inode_field <${inode}> ctime @${seconds}`);
  }
  const input = `${requests.join('\n')}\n`;
  runTool('debugfs', ['-w', '-f', '-', `${file}?offset=${bytesBefore(partition)}`], { input, env });
}

/** From the superblock: all inodes less the free ones. */
function inodesInUse(file: string, partition: Partition): number {
  const superblock = Buffer.alloc(1024);
  const handle = openSync(file, 'r');
  readSync(handle, superblock, 0, superblock.length, bytesBefore(partition) + 1024);
  closeSync(handle);
  return superblock.readUInt32LE(0x00) - superblock.readUInt32LE(0x10);
}
