import { checkImage } from './check/check-image.ts';
import { openImage } from './check/open-image.ts';

/** Throws with the faults of a finished image, so that none leaves the builder with one. */
export async function requireFit(file: string): Promise<void> {
  const image = openImage(file);
  try {
    const faults = await checkImage(image);
    const lines = faults.map(({ id, where, seen }) => `${id}: ${where}: ${seen}`);
    if (lines.length > 0) throw new Error(`the image is not fit to be a template:\n  ${lines.join('\n  ')}`);
  } finally {
    image.close();
  }
}
