import { createHash, type Hash } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageRequest } from './build-image.ts';
import { FILES, UNITS } from './rootfs/install-conjurer.ts';

/**
 * 1.3.0-5f0c…: the version and a digest of everything that goes into the image but the keys, so that equal builds have
 * equal ids. It is in os-release and binds the manifest to the image.
 */
export async function buildIdOf(request: ImageRequest, inputs: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([request.version, request.builtAt, request.diskGiB, request.suite, request.kernel]));
  const operator = request.operator ?? join(import.meta.dirname, '..', 'test', 'operator');
  for (const path of [...inputs, request.binary, FILES, UNITS, operator]) await addTo(hash, path);
  return `${request.version}-${hash.digest('hex').slice(0, 16)}`;
}

async function addTo(hash: Hash, path: string): Promise<void> {
  if (!statSync(path).isDirectory()) {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
    return;
  }
  for (const name of readdirSync(path).sort()) {
    hash.update(`${name}\0`);
    await addTo(hash, join(path, name));
  }
}
