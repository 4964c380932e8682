import { join } from 'node:path';
import { makeImage } from '../vm/make-image.ts';

const folder = join(import.meta.dirname, '../../.cache/kubernetes');
const version = '1.3.0';
/** What all machines of this rung are made from; never written to. */
export const kubernetesImage = join(folder, `clusterimage-r-v${version}.qcow2`);

/** Before the tests. Ten minutes more where Kubernetes has not been built on this machine. */
export default async function setup(): Promise<void> {
  await makeImage({ folder, version, kubernetes: true, diskGiB: 16 });
}
