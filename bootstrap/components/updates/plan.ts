import * as z from 'zod';
import type { Change, ComponentFileChange } from '../../change.ts';
import { AgentError } from '../../errors.ts';
import type { Host } from '../../host/host.ts';
import {
  ArchivedImage,
  type BinaryComponent,
  type Manifest,
  type ManifestBundleComponent,
  type OciArchiveComponent,
} from '../manifest.ts';
import { repositoryOf } from '../oci/names.ts';
import { type OpenOptions, openManifest } from '../open-manifest.ts';
import { planImports } from '../repair.ts';
import { type OverlayEntry, readOverlay, withOverlay } from './overlay.ts';

/** One entry of the section `components` of the signed configuration, which vouches for the digest. */
const ComponentUpdate = z.object({
  name: z.string(),
  version: z.string().min(1),
  url: z.url({ protocol: /^https$/ }),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.int().positive(),
  /** What an archive holds; its digests are what containerd has once it is imported. */
  images: z.array(ArchivedImage).min(1).nullable().default(null),
});
type ComponentUpdate = z.infer<typeof ComponentUpdate>;

/**
 * The changes that bring the components to what the signed configuration names. An empty section costs nothing: not even
 * the manifest is read. Throws E_UPDATE_REFUSED, and what openManifest throws.
 */
export async function planUpdates(
  section: readonly unknown[],
  options: Omit<OpenOptions, 'files'> & { readonly host: Host },
): Promise<Change[]> {
  if (section.length === 0) return [];
  const opened = await openManifest({ ...options, files: options.host.files }, null);
  if (opened === null) {
    throw new AgentError('E_UPDATE_REFUSED', 'a component cannot be updated on a machine without a manifest', {
      seen: 'no component manifest',
      wanted: 'the signed manifest of the image',
    });
  }
  const { manifest } = opened;
  const now = withOverlay(manifest, await readOverlay(options.host.files));
  return section.flatMap((entry, index) => planOne(entry, `components[${index}]`, { manifest, now }));
}

/** As it was signed, and with what was updated since. */
interface Manifests {
  readonly manifest: Manifest;
  readonly now: Manifest;
}

function planOne(entry: unknown, place: string, manifests: Manifests): Change[] {
  const { data, error } = ComponentUpdate.safeParse(entry);
  if (data === undefined) {
    const [issue] = error.issues;
    const key = [place, ...(issue?.path ?? [])].join('.');
    throw refused(
      `${key} of the configuration does not fit`,
      issue?.message ?? 'another form',
      '{name, version, url, sha256, size}',
    );
  }
  const { name } = data;
  const component = manifests.manifest.components.find(one => one.name === name);
  if (component === undefined)
    throw refused(`${place} names a component that the image does not have`, name, 'a component of the manifest');
  switch (component.kind) {
    case 'oci-archive':
      return planArchive(data, component, place, manifests);
    case 'binary':
    case 'manifest-bundle':
      return [fileChange({ ...data, images: null }, component, [])];
    default:
      throw refused(
        `${place} names a component that cannot be updated`,
        `${name}, a ${component.kind}`,
        'a binary, an archive of images or a manifest bundle',
      );
  }
}

/** The archive, and then every image that the machine has from it. */
function planArchive(
  update: ComponentUpdate,
  component: OciArchiveComponent,
  place: string,
  { manifest, now }: Manifests,
): Change[] {
  const { name, images } = update;
  const refs = manifest.components.flatMap(one =>
    one.kind === 'containerd-image' && one.archive === name ? [one.ref] : [],
  );
  const lacking = refs.find(ref => !images?.some(image => repositoryOf(image.ref) === repositoryOf(ref)));
  if (images === null || lacking !== undefined) {
    const seen = images?.map(({ ref }) => ref).join(', ') ?? 'no images';
    throw refused(
      `${place} does not say what the archive ${name} holds`,
      seen,
      lacking ?? 'images: [{ref, digest, platform}]',
    );
  }
  const { version, sha256, size } = update;
  const entry: OverlayEntry = { component: name, path: component.path, version, sha256, size, images };
  const before = planImports(now, name);
  const labels = new Map(before.flatMap(one => (one.kind === 'image-labels' ? [[one.ref, one.labels]] : [])));
  const imported = before.flatMap(one =>
    one.kind === 'image-import'
      ? [{ socket: one.socket, ref: one.ref, digest: one.digest, labels: labels.get(one.ref) ?? {} }]
      : [],
  );
  return [fileChange(update, component, imported), ...planImports(withOverlay(manifest, [entry]), name)];
}

function fileChange(
  { name, ...update }: ComponentUpdate,
  component: BinaryComponent | OciArchiveComponent | ManifestBundleComponent,
  imported: ComponentFileChange['imported'],
): ComponentFileChange {
  const mode = component.kind === 'manifest-bundle' ? 0o644 : Number.parseInt(component.mode, 8);
  const { path } = component;
  return { kind: 'component-file', id: `component-${name}`, component: name, path, mode, ...update, imported };
}

function refused(message: string, seen: string, wanted: string): AgentError {
  return new AgentError('E_UPDATE_REFUSED', message, { seen, wanted });
}
