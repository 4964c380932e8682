import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { BuiltImage, ImageRequest } from './build-image.ts';
import { writeOva } from './ova/write-ova.ts';
import { releaseOf } from './release.ts';
import { runTool } from './tool.ts';

/** Writes the formats that were asked for as PATH.qcow2 and so on; a file is there whole or not at all. */
export async function writeFormats(
  request: ImageRequest,
  disk: string,
  path: string,
): Promise<Pick<BuiltImage, 'disk' | 'qcow2' | 'ova'>> {
  const { formats, log } = request;
  mkdirSync(dirname(path), { recursive: true });
  return {
    qcow2: formats.includes('qcow2') ? inOneStep(`${path}.qcow2`, file => toQcow2(disk, file, log)) : null,
    ova: formats.includes('ova') ? await toOva(request, disk, `${path}.ova`) : null,
    disk: formats.includes('raw') ? inOneStep(`${path}.raw`, file => copy(disk, file)) : null,
  };
}

function toQcow2(disk: string, file: string, log: (line: string) => void): void {
  log('qcow2');
  runTool('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', '-c', disk, file]);
}

/** Read back and checked by writeOva itself. */
async function toOva(request: ImageRequest, disk: string, out: string): Promise<string> {
  const { version, manifestSha1, suite, kernel, builtAt, log } = request;
  log('ova');
  const guest = releaseOf(suite, kernel).distribution;
  const written = await writeOva({ disk, version, out, sha1: manifestSha1, guest, modifiedAt: new Date(builtAt) });
  return written.path;
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
