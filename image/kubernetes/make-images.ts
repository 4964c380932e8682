import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { archivePath, type ContainerImage } from './container-image.ts';
import { writeOciArchive } from './oci-archive.ts';
import type { Packages } from './packages.ts';

/** An image that is in the machine's image as an archive. */
export interface ArchivedImage extends Pick<ContainerImage, 'name' | 'group' | 'ref'> {
  /** As the machine sees it. */
  readonly path: string;
  /** Of the image's manifest. */
  readonly digest: string;
}

export interface MakeImages {
  /** Of the machine. */
  readonly root: string;
  readonly packages: Packages;
  readonly cacheDir: string;
  log(line: string): void;
}

/** Makes the archives of container images in the root file system of the machine. */
export async function makeImages(images: readonly ContainerImage[], to: MakeImages): Promise<ArchivedImage[]> {
  const made: ArchivedImage[] = [];
  for (const image of images) {
    to.log(`image ${image.ref}`);
    made.push(await makeImage(image, to));
  }
  return made;
}

async function makeImage(image: ContainerImage, { root, packages, cacheDir }: MakeImages): Promise<ArchivedImage> {
  const workDir = mkdtempSync(join(cacheDir, '.image-'));
  try {
    const tree = join(workDir, 'tree');
    mkdirSync(tree, { mode: 0o755 });
    for (const name of image.packages) packages.unpack(name, tree);
    for (const file of await image.files()) lay(tree, file);
    const path = archivePath(image);
    mkdirSync(dirname(join(root, path)), { recursive: true });
    const digest = await writeOciArchive({ image, root: tree, file: join(root, path), workDir, cacheDir });
    return { name: image.name, group: image.group, ref: image.ref, path, digest };
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

/** A file takes the place of what a package put there. */
function lay(tree: string, file: Awaited<ReturnType<ContainerImage['files']>>[number]): void {
  const path = join(tree, file.path);
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  rmSync(path, { force: true });
  if ('target' in file) {
    symlinkSync(file.target, path);
  } else {
    writeFileSync(path, file.content);
    chmodSync(path, file.mode);
  }
}
