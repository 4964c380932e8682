import type { Change, ImageImportChange, ImageLabelsChange } from '../change.ts';
import type { Finding } from './finding.ts';
import type { Component, ContainerdImageComponent, Manifest, OciArchiveComponent } from './manifest.ts';
import { criLabel, pinLabel } from './runtime/image-labels.ts';

/**
 * What would mend the findings that can be mended with what is on this machine: images re-imported from their archives,
 * labels set, units enabled or disabled as declared and read again by systemd. Nothing is ever fetched.
 */
export function planRepairs(manifest: Manifest, findings: readonly Finding[]): Change[] {
  const broken = new Map<string, Set<string>>();
  for (const { component, problem, repairable } of findings) {
    if (repairable) broken.set(component, (broken.get(component) ?? new Set<string>()).add(problem));
  }
  return [...planImages(manifest, broken), ...planUnits(manifest.components, broken)];
}

const labelProblems: ReadonlySet<string> = new Set(['cri-label-missing', 'pin-label-missing']);

/** Every image of this archive is imported from it and labelled. */
export function planImports(manifest: Manifest, archive: string): (ImageImportChange | ImageLabelsChange)[] {
  const images = manifest.components.filter(one => one.kind === 'containerd-image' && one.archive === archive);
  return planImages(manifest, new Map(images.map(({ name }) => [name, new Set(['image-missing'])])));
}

function planImages(
  { components, kubernetes }: Manifest,
  broken: ReadonlyMap<string, ReadonlySet<string>>,
): (ImageImportChange | ImageLabelsChange)[] {
  if (kubernetes === null) return [];
  const socket = kubernetes.criSocket;
  const images = components.filter((one): one is ContainerdImageComponent => one.kind === 'containerd-image');
  const isArchive = (one: Component): one is OciArchiveComponent => one.kind === 'oci-archive';
  const imports = images.flatMap((image): ImageImportChange[] => {
    const problems = [...(broken.get(image.name) ?? [])];
    const archive = components.filter(isArchive).find(({ name }) => name === image.archive);
    if (archive === undefined || problems.every(problem => labelProblems.has(problem))) return [];
    const { ref, digest } = image;
    const { path, sha256 } = archive;
    return [{ kind: 'image-import', id: `image-${ref}`, socket, ref, digest, archive: path, sha256 }];
  });
  // An import takes the labels off every image of its archive.
  const imported = new Set(imports.map(({ archive }) => archive));
  const touched = new Set(components.filter(isArchive).flatMap(one => (imported.has(one.path) ? [one.name] : [])));
  const labels = images
    .filter(image => broken.has(image.name) || (image.archive !== null && touched.has(image.archive)))
    .map((image): ImageLabelsChange => {
      const wanted = image.pinned ? [criLabel, pinLabel] : [criLabel];
      const pairs = Object.fromEntries(wanted.map(({ name, value }) => [name, value]));
      return { kind: 'image-labels', id: `labels-${image.ref}`, socket, ref: image.ref, labels: pairs };
    });
  return [...imports, ...labels];
}

function planUnits(components: readonly Component[], broken: ReadonlyMap<string, ReadonlySet<string>>): Change[] {
  return components.flatMap((component): Change[] => {
    if (component.kind !== 'systemd-unit') return [];
    const { unit, enabled } = component;
    const problems = broken.get(component.name) ?? new Set<string>();
    const reload: Change[] = problems.has('daemon-reload-needed')
      ? [{ kind: 'daemon-reload', id: `reload-${unit}`, unit }]
      : [];
    const isWrong = problems.has('unit-disabled') || problems.has('unit-enabled');
    return isWrong ? [...reload, { kind: 'unit', id: `unit-${unit}`, unit, enabled }] : reload;
  });
}
