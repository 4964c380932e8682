import type { ArchivedImage } from '../manifest.ts';
import { shown } from './archive-problem.ts';
import { blobProblem, parseStored, pathOf } from './blobs.ts';
import type { Contents } from './contents.ts';
import { type Descriptor, ImageConfig, ImageManifest, Index } from './image-documents.ts';
import { isPlatform, platformText, sameImage } from './names.ts';
import { type ImageProblem, imageProblem } from './problem.ts';

/** An index in an index in an index is more than any tool writes. */
const deepestIndex = 4;
const mostDescriptors = 10_000;

interface Walk {
  readonly contents: Contents;
  readonly image: ArchivedImage;
  readonly problems: ImageProblem[];
  /** Platforms of which blobs are absent, and nobody needs them here. */
  readonly foreign: Set<string>;
  readonly seen: Set<string>;
  /** Manifests of the image's platform. */
  found: number;
}

/** One image of an OCI image layout: index → manifest of its platform → config and layers, each there and unaltered. */
export function checkLayoutImage(contents: Contents, image: ArchivedImage): ImageProblem[] {
  const index = parseStored(contents, 'index.json', Index);
  if (typeof index === 'string') {
    return [imageProblem('altered', 'archive-index-invalid', `index.json: ${index}`, 'the index of an image layout')];
  }
  const top = index.manifests.find(({ digest }) => digest === image.digest);
  if (top === undefined) return [notThere(index.manifests, image)];
  const walk: Walk = { contents, image, problems: [], foreign: new Set(), seen: new Set(), found: 0 };
  visit(top, walk, 0);
  const { problems, foreign } = walk;
  const names = namesOf(top);
  if (names.length > 0 && !names.some(name => sameImage(name, image.ref))) {
    const observed = `${image.digest} is named ${names.map(shown).join(', ')}`;
    problems.push(imageProblem('altered', 'archive-image-name-differs', observed, image.ref));
  }
  if (problems.length === 0 && walk.found === 0) {
    const observed = `${image.ref} has no image for ${image.platform}`;
    problems.push(imageProblem('missing', 'archive-platform-missing', observed, image.platform));
  }
  if (foreign.size > 0) {
    const observed = `${image.ref} lists ${[...foreign].sort().map(shown).join(', ')}, whose blobs are not in the archive`;
    problems.push(
      imageProblem('note', 'archive-foreign-platform-absent', observed, `only ${image.platform} is needed`),
    );
  }
  return problems;
}

function notThere(manifests: readonly Descriptor[], image: ArchivedImage): ImageProblem {
  const named = manifests.find(descriptor => namesOf(descriptor).some(name => sameImage(name, image.ref)));
  const expected = `${image.ref} as ${image.digest}`;
  if (named !== undefined) {
    return imageProblem('altered', 'archive-image-differs', `${image.ref} is ${named.digest}`, expected);
  }
  return imageProblem(
    'missing',
    'archive-image-missing',
    `${manifests.length} images, none of them this one`,
    expected,
  );
}

/** The names that containerd gives an image on import; a bare tag is none. */
function namesOf({ annotations = {} }: Descriptor): string[] {
  const names = [annotations['io.containerd.image.name'], annotations['org.opencontainers.image.ref.name']];
  return names.filter(name => name !== undefined).filter(name => name.includes('/') || name.includes(':'));
}

/** An index or a manifest; of a foreign platform what is absent is a note. */
function visit(descriptor: Descriptor, walk: Walk, depth: number): void {
  const { contents, image, problems, foreign, seen } = walk;
  const { platform, digest } = descriptor;
  if (seen.has(digest)) return;
  seen.add(digest);
  if (depth > deepestIndex || seen.size > mostDescriptors) {
    const observed =
      depth > deepestIndex ? `an index inside ${deepestIndex} others` : `over ${mostDescriptors} entries`;
    problems.push(imageProblem('altered', 'archive-index-too-deep', observed, `at most ${deepestIndex} levels`));
    return;
  }
  const broken = blobProblem(contents, descriptor);
  const index = broken === null ? parseStored(contents, pathOf(digest), Index) : 'not to be read';
  if (typeof index !== 'string') {
    for (const child of index.manifests) visit(child, walk, depth + 1);
    return;
  }
  const isForeign = platform !== undefined && !isPlatform(platform, image.platform);
  const problem = broken ?? manifestProblem(descriptor, walk, isForeign);
  if (problem === null) walk.found += isForeign ? 0 : 1;
  else if (isForeign && problem.status === 'missing') foreign.add(platformText(platform));
  else problems.push(problem);
}

/** The first thing that is wrong with a manifest, its config or its layers. */
function manifestProblem({ digest }: Descriptor, { contents, image }: Walk, isForeign: boolean): ImageProblem | null {
  const manifest = parseStored(contents, pathOf(digest), ImageManifest);
  if (typeof manifest === 'string') {
    return imageProblem('altered', 'archive-manifest-invalid', `${digest}: ${manifest}`, 'the manifest of an image');
  }
  for (const blob of [manifest.config, ...manifest.layers]) {
    const problem = blobProblem(contents, blob);
    if (problem !== null) return problem;
  }
  if (isForeign) return null;
  const config = parseStored(contents, pathOf(manifest.config.digest), ImageConfig);
  if (typeof config === 'string') {
    const observed = `${manifest.config.digest}: ${config}`;
    return imageProblem('altered', 'archive-config-invalid', observed, 'the config of an image');
  }
  if (isPlatform(config, image.platform)) return null;
  return imageProblem(
    'altered',
    'archive-platform-differs',
    `${image.ref} is for ${platformText(config)}`,
    image.platform,
  );
}
