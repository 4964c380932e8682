import * as z from 'zod';
import { manifestPath } from '../components/manifest.ts';
import type { Facts } from './facts.ts';
import { parseJson } from './json.ts';
import type { Source } from './source.ts';
import { readReported } from './text.ts';

const Version = z.string().regex(/^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/);
const Text = z.string().min(1).max(256);

const Manifest = z.object({
  image: Text,
  version: Version,
  buildId: Text,
  minControllerVersion: Version.optional(),
  builtAt: z.iso.datetime({ offset: true }).optional(),
});

/** Which image this machine was made from, by the manifest's own word: its signature is component validation's matter. */
export const image: Source<Pick<Facts, 'image'>> = {
  name: 'image',
  fields: ['image'],
  unknown: { image: null },
  async read({ disk }, report) {
    const text = await readReported(disk, manifestPath, 'image', report);
    if (text === null) return { image: null };
    const parsed = parseManifest(text);
    if (typeof parsed === 'string') {
      report('image', `${manifestPath}: ${parsed}`);
      return { image: null };
    }
    if (parsed.builtAt === null) report('image.builtAt', `${manifestPath} does not say`);
    return { image: parsed };
  },
};

/** Reads the manifest's head, or says what is wrong with it. Never throws. */
export function parseManifest(text: string): NonNullable<Facts['image']> | string {
  const json = parseJson(text);
  if (json === undefined) return 'not JSON';
  const { data, error } = Manifest.safeParse(json);
  if (data === undefined) return `${error.issues[0]?.path.join('.') || 'the whole'} does not fit`;
  const { image: name, version, buildId, minControllerVersion = version, builtAt = null } = data;
  return { name, version, buildId, minControllerVersion, builtAt };
}
