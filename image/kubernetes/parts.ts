import { join } from 'node:path';
import { sourcesFor } from '../base.ts';
import type { ImageRequest } from '../build-image.ts';
import { releaseOf } from '../release.ts';
import { workloadImages } from './addons/workloads.ts';
import type { ContainerImage } from './container-image.ts';
import { coreImages } from './core-images.ts';
import { type Archive, type Packages, preparePackages } from './packages.ts';
import { type Programs, preparePrograms } from './programs.ts';

/** What a Kubernetes image is made from beside its base, fetched and built. */
export interface KubernetesParts {
  readonly programs: Programs;
  readonly images: readonly ContainerImage[];
  readonly packages: Packages;
  /** Everything that it consists of, for the build id. */
  readonly inputs: readonly string[];
}

const project = join(import.meta.dirname, '..', '..');

export function prepareParts(request: ImageRequest): KubernetesParts {
  const { suite, kernel, mirror, cacheDir, fresh, log } = request;
  const release = releaseOf(suite, kernel);
  const archive: Archive = { sources: sourcesFor(release, mirror), keyring: release.keyring.file, cacheDir, fresh };
  const programs = preparePrograms(archive, log);
  const images = [...coreImages(programs), ...workloadImages];
  const names = images.flatMap(image => image.packages);
  const packages = preparePackages(suite, names, archive);
  const operator = ['test/kubernetes/operator', 'image/operator-program.ts'].map(path => join(project, path));
  return {
    programs,
    images,
    packages,
    inputs: [programs.directory, packages.directory, import.meta.dirname, ...operator],
  };
}
