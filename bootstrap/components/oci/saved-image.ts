import type { ArchivedImage } from '../manifest.ts';
import { shown } from './archive-problem.ts';
import { parseStored } from './blobs.ts';
import type { Contents } from './contents.ts';
import { DockerManifest, ImageConfig } from './image-documents.ts';
import { isPlatform, platformText, sameImage } from './names.ts';
import { type ImageProblem, imageProblem } from './problem.ts';

/** One image of a docker-save archive: manifest.json → config → layers, whose unpacked bytes are in the config. */
export function checkSavedImage(contents: Contents, image: ArchivedImage): ImageProblem[] {
  const saved = parseStored(contents, 'manifest.json', DockerManifest);
  if (typeof saved === 'string') {
    return [imageProblem('altered', 'archive-index-invalid', `manifest.json: ${saved}`, 'the list of docker save')];
  }
  const digestOf = (name: string) => `sha256:${contents.file(name)?.sha256}`;
  const entry = saved.find(({ Config }) => digestOf(Config) === image.digest);
  const tagged = saved.find(({ RepoTags }) => RepoTags?.some(tag => sameImage(tag, image.ref)));
  const expected = `${image.ref} with config ${image.digest}`;
  if (entry === undefined && tagged === undefined) {
    return [
      imageProblem('missing', 'archive-image-missing', `${saved.length} images, none of them this one`, expected),
    ];
  }
  if (entry === undefined) {
    const config = tagged === undefined ? null : contents.file(tagged.Config);
    if (config === null) return [imageProblem('missing', 'archive-blob-missing', 'the config is not there', expected)];
    const observed = `${image.ref} has config sha256:${config.sha256}`;
    return [imageProblem('altered', 'archive-image-differs', observed, expected)];
  }
  const problems = layerProblems(contents, entry, image);
  if (tagged !== entry) {
    const observed = `${image.digest} is named ${entry.RepoTags?.map(shown).join(', ') || 'nothing'}`;
    problems.push(imageProblem('altered', 'archive-image-name-differs', observed, image.ref));
  }
  return problems;
}

function layerProblems(
  contents: Contents,
  { Config, Layers }: DockerManifest[number],
  { ref, platform }: ArchivedImage,
): ImageProblem[] {
  const config = parseStored(contents, Config, ImageConfig);
  if (typeof config === 'string') {
    return [imageProblem('altered', 'archive-config-invalid', `${shown(Config)}: ${config}`, 'the config of an image')];
  }
  if (!isPlatform(config, platform)) {
    return [imageProblem('altered', 'archive-platform-differs', `${ref} is for ${platformText(config)}`, platform)];
  }
  const ids = config.rootfs.diff_ids;
  if (ids.length !== Layers.length) {
    const expected = `${ids.length}, as its config says`;
    return [imageProblem('altered', 'archive-layers-differ', `${ref} has ${Layers.length} layers`, expected)];
  }
  return Layers.flatMap((name, index) => {
    const expected = ids[index] ?? '';
    const layer = contents.file(name);
    if (layer === null) return [imageProblem('missing', 'archive-blob-missing', `no ${shown(name)}`, expected)];
    const seen = `sha256:${layer.unpackedSha256 ?? layer.sha256}`;
    if (seen === expected) return [];
    const problem = layer.size === 0 ? 'archive-blob-empty' : 'archive-blob-altered';
    return [imageProblem('altered', problem, `${shown(name)} unpacks to ${seen}`, expected)];
  });
}
