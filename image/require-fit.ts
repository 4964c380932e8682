import { checkImage } from './check/check-image.ts';
import { openImage } from './check/open-image.ts';

/** Throws with the faults of a finished image, so that none leaves the builder with one. */
export function requireFit(file: string): void {
  const image = openImage(file);
  try {
    const faults = checkImage(image, file).map(({ id, where, seen }) => `${id}: ${where}: ${seen}`);
    if (faults.length > 0) throw new Error(`the image is not fit to be a template:\n  ${faults.join('\n  ')}`);
  } finally {
    image.close();
  }
}
