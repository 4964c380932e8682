const sectorBytes = 2048;
const firstDescriptor = 16;
/** A root directory of this size holds more than a thousand names. */
const maxDirectoryBytes = 64 * 1024;
const maxDescriptors = 16;

/** Bytes of a volume. Fewer than asked for: that is its end. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>;

/**
 * A file in the root directory of an ISO 9660 volume, by its name in lower case; null where the volume is none, or has
 * no such file, or it is larger than `maxBytes`. The name is looked for as Joliet has it, or as ISO 9660 itself writes
 * it, where a hyphen may have become an underscore. Nothing is mounted: the volume may be hostile, and a mount would
 * hand it to the kernel.
 */
export async function readFromIso(readAt: ReadAt, name: string, maxBytes: number): Promise<Buffer | null> {
  for (const { root, isJoliet } of await rootsOf(readAt)) {
    const directory = await readAt(root.offset, Math.min(root.bytes, maxDirectoryBytes));
    const file = recordsOf(directory).find(
      record => record.isPlainFile && plainName(record.identifier, isJoliet) === (isJoliet ? name : isoName(name)),
    );
    if (file === undefined || file.extent.bytes > maxBytes) continue;
    const content = await readAt(file.extent.offset, file.extent.bytes);
    if (content.length === file.extent.bytes) return content;
  }
  return null;
}

interface Extent {
  readonly offset: number;
  readonly bytes: number;
}

interface DirectoryRecord {
  readonly identifier: Buffer;
  readonly extent: Extent;
  readonly isPlainFile: boolean;
}

/** The root directories of the volume's descriptors: the primary one, and the one with long names, if there is one. */
async function rootsOf(readAt: ReadAt): Promise<{ root: Extent; isJoliet: boolean }[]> {
  const roots: { root: Extent; isJoliet: boolean }[] = [];
  for (let number = 0; number < maxDescriptors; number += 1) {
    const descriptor = await readAt((firstDescriptor + number) * sectorBytes, sectorBytes);
    if (descriptor.length < sectorBytes || descriptor.toString('latin1', 1, 6) !== 'CD001') break;
    const type = descriptor[0];
    if (type === 255) break;
    const isJoliet = type === 2 && /^%\/[@CE]/.test(descriptor.toString('latin1', 88, 91));
    if (type === 1 || isJoliet) roots.push({ root: extentOf(descriptor.subarray(156)), isJoliet });
  }
  return roots;
}

function extentOf(record: Buffer): Extent {
  return { offset: record.readUInt32LE(2) * sectorBytes, bytes: record.readUInt32LE(10) };
}

/** A record never crosses from one sector into the next: a length of 0 says that the rest of the sector is empty. */
function recordsOf(directory: Buffer): DirectoryRecord[] {
  const records: DirectoryRecord[] = [];
  for (let at = 0; at + 33 < directory.length; ) {
    const length = directory.readUInt8(at);
    if (length === 0) {
      at = (Math.floor(at / sectorBytes) + 1) * sectorBytes;
      continue;
    }
    const record = directory.subarray(at, at + length);
    at += length;
    const identifierBytes = record.length > 33 ? record.readUInt8(32) : 0;
    if (record.length < 33 + identifierBytes || identifierBytes === 0) continue;
    const [isDirectory, isOneOfSeveral] = [(record.readUInt8(25) & 0x02) !== 0, (record.readUInt8(25) & 0x80) !== 0];
    records.push({
      identifier: record.subarray(33, 33 + identifierBytes),
      extent: extentOf(record),
      isPlainFile: !isDirectory && !isOneOfSeveral,
    });
  }
  return records;
}

function plainName(identifier: Buffer, isJoliet: boolean): string {
  const text = isJoliet ? bigEndian(identifier) : identifier.toString('latin1');
  const name = text.replace(/;\d+$/, '').replace(/\.$/, '').toLowerCase();
  return isJoliet ? name : isoName(name);
}

function bigEndian(identifier: Buffer): string {
  return Buffer.from(identifier.subarray(0, identifier.length & ~1))
    .swap16()
    .toString('utf16le');
}

function isoName(name: string): string {
  return name.replaceAll('-', '_');
}
