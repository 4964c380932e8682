import { type Manifest, manifestPath } from '../../../../bootstrap/components/manifest.ts';
import { parseManifest } from '../../../../bootstrap/components/open-manifest.ts';
import type { Files } from '../../../../bootstrap/host/host.ts';

/** What the image's manifest says, whoever signed it: whether it can be trusted is what validate tells. null: none. */
export async function manifestOf(files: Files): Promise<Manifest | null> {
  try {
    const bytes = await files.read(manifestPath);
    return bytes === null ? null : parseManifest(manifestPath, bytes);
  } catch {
    return null;
  }
}
