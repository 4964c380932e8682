import type { Files } from '../host/host.ts';
import { isPlaceholder } from './placeholder.ts';
import { clean, hint } from './text.ts';

/** A disk's own serial: from the driver, from the SCSI page for it, or from what udev found. null if nobody knows one. */
export async function diskSerial(files: Files, name: string): Promise<string | null> {
  const readers = [
    async () => (await hint(files.readText(`/sys/block/${name}/serial`))) ?? '',
    async () => (await hint(files.readText(`/sys/block/${name}/device/serial`))) ?? '',
    async () => parseSerialPage((await hint(files.read(`/sys/block/${name}/device/vpd_pg80`))) ?? Buffer.alloc(0)),
    async () => parseUdevSerial((await hint(files.readText(await udevPath(files, name)))) ?? ''),
  ];
  for (const read of readers) {
    const serial = clean(await read());
    if (serial !== null && !isPlaceholder(serial)) return serial;
  }
  return null;
}

/** SCSI vital product data, page 0x80: a header of four bytes, the last two the length, then ASCII. */
export function parseSerialPage(page: Buffer): string {
  if (page.length < 4 || page[1] !== 0x80) return '';
  return page.subarray(4, 4 + page.readUInt16BE(2)).toString('latin1');
}

/** The record of a device in udev's database. */
export function parseUdevSerial(text: string): string {
  return /^E:ID_SCSI_SERIAL=(.+)$/m.exec(text)?.[1] ?? /^E:ID_SERIAL_SHORT=(.+)$/m.exec(text)?.[1] ?? '';
}

async function udevPath(files: Files, name: string): Promise<string> {
  const device = (await hint(files.readText(`/sys/block/${name}/dev`)))?.trim() ?? 'none';
  return `/run/udev/data/b${device}`;
}
