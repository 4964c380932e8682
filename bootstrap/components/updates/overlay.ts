import * as z from 'zod';
import { AgentError } from '../../errors.ts';
import type { Files } from '../../host/host.ts';
import { ArchivedImage, type Component, type ContainerdImageComponent, type Manifest } from '../manifest.ts';
import { repositoryOf } from '../oci/names.ts';
import { type OpenOptions, openManifest } from '../open-manifest.ts';

/** What was updated since the image was baked. The signed manifest is never edited. */
export const overlayPath = '/var/lib/conjurer/components-overlay.json';

const OverlayEntry = z.strictObject({
  component: z.string(),
  path: z.string(),
  version: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.int().nonnegative(),
  /** Of an archive: what it holds now. */
  images: z.array(ArchivedImage).readonly().nullable(),
});
const Overlay = z.strictObject({
  schema: z.literal('conjurer.components-overlay/v1'),
  entries: z.array(OverlayEntry),
});

export type OverlayEntry = z.infer<typeof OverlayEntry>;

/** Each updated component, as it must be now. Throws E_STATE_INVALID where the file does not hold what was written. */
export async function readOverlay(files: Files): Promise<readonly OverlayEntry[]> {
  const text = await files.readText(overlayPath);
  if (text === null) return [];
  try {
    return Overlay.parse(JSON.parse(text)).entries;
  } catch (cause) {
    throw new AgentError('E_STATE_INVALID', `${overlayPath} does not hold what conjurer wrote`, {
      seen: 'another form',
      wanted: 'the list of updated components',
      next: `mv ${overlayPath} ${overlayPath}.damaged, then: conjurer run`,
      cause,
    });
  }
}

/** `entry: null`: the component is again as the signed manifest has it. */
export async function writeOverlay(files: Files, component: string, entry: OverlayEntry | null): Promise<void> {
  const others = (await readOverlay(files)).filter(one => one.component !== component);
  const entries = entry === null ? others : [...others, entry];
  if (entries.length === 0) return files.remove(overlayPath);
  await files.write(overlayPath, `${JSON.stringify({ schema: 'conjurer.components-overlay/v1', entries })}\n`, 0o600);
}

/** What the image holds now, its signature verified; null: there is no manifest. Throws what openManifest throws. */
export async function readImageManifest(options: OpenOptions): Promise<Manifest | null> {
  const opened = await openManifest(options, null);
  return opened === null ? null : withOverlay(opened.manifest, await readOverlay(options.files));
}

/** The manifest as it is now: what was updated is checked against its update. */
export function withOverlay(manifest: Manifest, entries: readonly OverlayEntry[]): Manifest {
  if (entries.length === 0) return manifest;
  const entryOf = (name: string | null) => entries.find(one => one.component === name);
  const components = manifest.components.map(component => {
    if (component.kind === 'containerd-image') return updatedImage(component, entryOf(component.archive));
    const entry = entryOf(component.name);
    return entry === undefined ? component : updated(component, entry);
  });
  return { ...manifest, components };
}

function updatedImage(component: ContainerdImageComponent, entry: OverlayEntry | undefined): Component {
  const image = entry?.images?.find(({ ref }) => repositoryOf(ref) === repositoryOf(component.ref));
  return image === undefined ? component : { ...component, ref: image.ref, digest: image.digest };
}

function updated(component: Component, { version, sha256, size, images }: OverlayEntry): Component {
  switch (component.kind) {
    case 'oci-archive':
      return { ...component, sha256, size, images: images === null ? component.images : [...images] };
    case 'binary':
      return { ...component, version, sha256, size };
    case 'manifest-bundle':
      return { ...component, sha256 };
    default:
      return component;
  }
}
