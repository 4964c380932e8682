import { closeSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { runTool } from '../tool.ts';
import type { BootLoader } from './boot-loader.ts';
import { bootSectors, type Piece } from './boot-sectors.ts';
import { bytesBefore, type Layout, type Partition, SECTOR, uuidFor } from './layout.ts';
import { makeRoot } from './make-root.ts';

export interface DiskOptions {
  /** The finished tree. */
  readonly root: string;
  /** The file that is written: sparse, as large as the disk. */
  readonly file: string;
  readonly layout: Layout;
  readonly bootLoader: BootLoader;
  readonly buildId: string;
  readonly rootUuid: string;
  readonly builtAt: Date;
}

/** A disk that BIOS and UEFI machines start from, made in a file: no loop device, no mount. */
export function makeDisk(options: DiskOptions): void {
  const { file, layout, bootLoader } = options;
  rmSync(file, { force: true });
  writeFileSync(file, '');
  truncateSync(file, layout.diskBytes);
  partition(options);
  writePieces(file, [...bootSectors(bootLoader, layout.biosBoot), efiPiece(options)]);
  makeRoot(options);
}

function partition({ file, layout, buildId }: DiskOptions): void {
  const line = ({ number, start, sectors, type }: Partition): string =>
    `${number} : start=${start}, size=${sectors}, type=${type}, uuid=${uuidFor(buildId, `partition ${number}`)}`;
  const lines = [layout.root, layout.biosBoot, layout.efi].map(line);
  const table = ['label: gpt', `label-id: ${uuidFor(buildId, 'disk')}`, 'unit: sectors', '', ...lines, ''];
  runTool('sfdisk', ['--quiet', '--no-reread', '--no-tell-kernel', file], { input: table.join('\n') });
}

/** The EFI system partition, made in a file of its own since mkfs.fat knows no offset. */
function efiPiece({ file, layout: { efi }, bootLoader, builtAt }: DiskOptions): Piece {
  const part = `${file}.efi`;
  const loader = `${file}.loader`;
  const env = { SOURCE_DATE_EPOCH: String(builtAt.getTime() / 1000), MTOOLS_SKIP_CHECK: '1', TZ: 'UTC' };
  try {
    writeFileSync(part, '');
    truncateSync(part, efi.sectors * SECTOR);
    runTool('mkfs.fat', ['-F', '32', '-n', 'EFI', '--invariant', part]);
    writeFileSync(loader, bootLoader.efi);
    runTool('mmd', ['-i', part, '::EFI', '::EFI/BOOT'], { env });
    runTool('mcopy', ['-i', part, loader, '::EFI/BOOT/BOOTX64.EFI'], { env });
    return { at: bytesBefore(efi), bytes: readFileSync(part) };
  } finally {
    rmSync(part, { force: true });
    rmSync(loader, { force: true });
  }
}

function writePieces(file: string, pieces: readonly Piece[]): void {
  const handle = openSync(file, 'r+');
  try {
    for (const { at, bytes } of pieces) writeSync(handle, bytes, 0, bytes.length, at);
  } finally {
    closeSync(handle);
  }
}
