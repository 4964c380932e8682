import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { runTool } from '../tool.ts';

const sector = 512;
/** "KDMV", as the file begins. */
const magic = 0x564d444b;
const compressedWithMarkers = 0x30000;

export interface VmdkRequest {
  readonly disk: string;
  readonly file: string;
  readonly hardwareVersion: number;
}

export interface VmdkHeader {
  /** vSphere takes 3 and refuses older ones. */
  readonly version: number;
  readonly isStreamOptimized: boolean;
  readonly capacityBytes: number;
  /** The text that is embedded in the file. */
  readonly descriptor: string;
}

/** Writes the disk as a stream-optimized VMDK. The same disk gives the same bytes. */
export function writeVmdk({ disk, file, hardwareVersion }: VmdkRequest): void {
  const options = `subformat=streamOptimized,adapter_type=lsilogic,hwversion=${hardwareVersion}`;
  runTool('qemu-img', ['convert', '-O', 'vmdk', '-o', options, disk, file]);
  const { capacityBytes } = readVmdkHeader(file);
  replaceDescriptor(file, descriptorText(file, capacityBytes, hardwareVersion));
}

/** Size of the disk as a machine sees it. */
export function diskCapacity(file: string): number {
  return readVmdkHeader(file).capacityBytes;
}

/** Throws where the file is no VMDK with its descriptor inside. */
export function readVmdkHeader(file: string, offset = 0): VmdkHeader {
  const descriptor = openSync(file, 'r');
  try {
    const header = Buffer.alloc(sector);
    readSync(descriptor, header, 0, sector, offset);
    if (header.readUInt32LE(0) !== magic) throw new Error(`${basename(file)} holds no sparse VMDK`);
    const { at, bytes } = descriptorPlace(header);
    const text = Buffer.alloc(bytes);
    readSync(descriptor, text, 0, bytes, offset + at);
    return {
      version: header.readUInt32LE(4),
      isStreamOptimized:
        (header.readUInt32LE(8) & compressedWithMarkers) === compressedWithMarkers && header.readUInt16LE(77) === 1,
      capacityBytes: Number(header.readBigUInt64LE(12)) * sector,
      descriptor: text.toString('latin1').replace(/\0+$/, ''),
    };
  } finally {
    closeSync(descriptor);
  }
}

function descriptorPlace(header: Buffer): { at: number; bytes: number } {
  const [at, bytes] = [Number(header.readBigUInt64LE(28)) * sector, Number(header.readBigUInt64LE(36)) * sector];
  if (at === 0 || bytes === 0 || bytes > 1024 * sector) throw new Error('the VMDK has no descriptor inside');
  return { at, bytes };
}

/**
 * qemu-img draws the content id by lot. It only has to differ from disk to disk, and a build must give the same bytes
 * again. PVSCSI has no name of its own here: VMware's products write "lsilogic" for it too. 2147483647: tools that the
 * distribution brings and updates.
 */
function descriptorText(file: string, capacityBytes: number, hardwareVersion: number): string {
  const sectors = capacityBytes / sector;
  const id = createHash('sha256')
    .update(`${basename(file)} ${sectors}`)
    .digest('hex')
    .slice(0, 8);
  return `# Disk DescriptorFile
version=1
CID=${id}
parentCID=ffffffff
createType="streamOptimized"

# Extent description
RW ${sectors} SPARSE "${basename(file)}"

# The Disk Data Base
#DDB

ddb.virtualHWVersion = "${hardwareVersion}"
ddb.geometry.cylinders = "${Math.min(Math.floor(sectors / (255 * 63)), 65_535)}"
ddb.geometry.heads = "255"
ddb.geometry.sectors = "63"
ddb.adapterType = "lsilogic"
ddb.toolsInstallType = "4"
ddb.toolsVersion = "2147483647"
`;
}

function replaceDescriptor(file: string, text: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    const header = Buffer.alloc(sector);
    readSync(descriptor, header, 0, sector, 0);
    const { at, bytes } = descriptorPlace(header);
    const space = Buffer.alloc(bytes);
    if (space.write(text, 'latin1') < text.length) throw new Error('the descriptor does not fit into the VMDK');
    writeSync(descriptor, space, 0, bytes, at);
  } finally {
    closeSync(descriptor);
  }
}
