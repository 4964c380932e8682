import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { BuiltImage, ImageRequest } from './build-image.ts';
import { runTool } from './tool.ts';

/** Writes the formats that were asked for as PATH.qcow2 and so on; a file is there whole or not at all. */
export async function writeFormats(
  { formats, log }: ImageRequest,
  disk: string,
  path: string,
): Promise<Pick<BuiltImage, 'disk' | 'qcow2' | 'ova'>> {
  mkdirSync(dirname(path), { recursive: true });
  return {
    qcow2: formats.includes('qcow2') ? inOneStep(`${path}.qcow2`, file => toQcow2(disk, file, log)) : null,
    ova: null,
    disk: formats.includes('raw') ? inOneStep(`${path}.raw`, file => copy(disk, file)) : null,
  };
}

function toQcow2(disk: string, file: string, log: (line: string) => void): void {
  log('qcow2');
  runTool('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', '-c', disk, file]);
}

/** qemu-img leaves the holes of the file holes. */
function copy(disk: string, file: string): void {
  runTool('qemu-img', ['convert', '-f', 'raw', '-O', 'raw', disk, file]);
}

function inOneStep(path: string, write: (temporary: string) => void): string {
  const temporary = `${path}.${process.pid}`;
  try {
    write(temporary);
    renameSync(temporary, path);
    return path;
  } finally {
    rmSync(temporary, { force: true });
  }
}
