import * as z from 'zod';
import type { Change } from '../../change.ts';
import { AgentError } from '../../errors.ts';
import type { Host } from '../../host/host.ts';
import type { Component } from '../manifest.ts';
import { type OpenOptions, openManifest } from '../open-manifest.ts';

/** One entry of the section `components` of the signed configuration, which vouches for the digest. */
const ComponentUpdate = z.object({
  name: z.string(),
  version: z.string().min(1),
  url: z.url({ protocol: /^https$/ }),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.int().positive(),
});

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
  return section.map((entry, index) => planOne(entry, `components[${index}]`, opened.manifest.components));
}

function planOne(entry: unknown, place: string, components: readonly Component[]): Change {
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
  const { name, ...update } = data;
  const component = components.find(one => one.name === name);
  if (component === undefined)
    throw refused(`${place} names a component that the image does not have`, name, 'a component of the manifest');
  if (component.kind !== 'binary' && component.kind !== 'manifest-bundle') {
    throw refused(
      `${place} names a component that cannot be updated`,
      `${name}, a ${component.kind}`,
      'a binary or a manifest bundle',
    );
  }
  const mode = component.kind === 'binary' ? Number.parseInt(component.mode, 8) : 0o644;
  return { kind: 'component-file', id: `component-${name}`, component: name, path: component.path, mode, ...update };
}

function refused(message: string, seen: string, wanted: string): AgentError {
  return new AgentError('E_UPDATE_REFUSED', message, { seen, wanted });
}
