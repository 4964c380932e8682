import { join } from 'node:path';
import { makeImage } from './make-image.ts';

export const vmFolder = join(import.meta.dirname, '../../.cache/vm');
export const imageVersion = '1.3.0';
/** What all machines are made from; never written to. */
export const imageFile = join(vmFolder, `clusterimage-r-v${imageVersion}.qcow2`);

/** Before the tests. */
export default async function setup(): Promise<void> {
  await makeImage({ folder: vmFolder, version: imageVersion, kubernetes: false, diskGiB: 10 });
}
