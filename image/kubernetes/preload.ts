import { join } from 'node:path';
import { runTool } from '../tool.ts';
import type { ArchivedImage } from './make-images.ts';

const SCRIPT = join(import.meta.dirname, 'preload.sh');

/**
 * Lets the containerd of the image import the archives, each unpacked, known to CRI and pinned: on the machine nothing is
 * left to be done. Mounts, in namespaces that end with it.
 */
export function preloadImages(root: string, images: readonly ArchivedImage[]): void {
  const pairs = images.flatMap(({ path, ref }) => [path, ref]);
  runTool('unshare', ['--mount', '--pid', '--fork', '--kill-child', 'sh', SCRIPT, root, ...pairs]);
}
