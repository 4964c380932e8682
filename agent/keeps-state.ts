import { dirname } from 'node:path';
import type { Host } from '../bootstrap/host/host.ts';
import { paths } from './config/paths.ts';

/**
 * What only looks may leave a note for the next time on a machine of conjurer. A tree that conjurer was never set up on
 * stays as it is.
 */
export async function keepsState({ root, files }: Host): Promise<boolean> {
  if (root === '/') return true;
  return (await files.stat(paths.stateDir)) !== null || (await files.stat(dirname(paths.config))) !== null;
}
