import { createHash } from 'node:crypto';
import {
  copyFileSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { EPOCH } from '../base.ts';
import { runTool } from '../tool.ts';
import type { ContainerImage } from './container-image.ts';

export interface ArchiveOptions {
  readonly image: Pick<ContainerImage, 'ref' | 'entrypoint' | 'user'>;
  /** Directory of the root file system, which becomes the one layer. */
  readonly root: string;
  /** The archive to be written. */
  readonly file: string;
  /** An empty directory. */
  readonly workDir: string;
  /** Compressed layers are kept here. */
  readonly cacheDir: string;
}

const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

/** Writes an OCI image layout as one tar, and gives the digest of its manifest. The same tree gives the same bytes. */
export async function writeOciArchive({ image, root, file, workDir, cacheDir }: ArchiveOptions): Promise<string> {
  const blobs = join(workDir, 'layout', 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (mediaType: string, document: unknown): { mediaType: string; digest: string; size: number } => {
    const bytes = Buffer.from(JSON.stringify(document));
    const digest = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(blobs, digest), bytes);
    return { mediaType, digest: `sha256:${digest}`, size: bytes.length };
  };
  const { diffId, path } = await compressedLayer(root, workDir, cacheDir);
  const digest = await sha256Of(path);
  copyFileSync(path, join(blobs, digest));
  const layer = { mediaType: LAYER, digest: `sha256:${digest}`, size: statSync(path).size };
  const config = put(CONFIG, configOf(image, diffId));
  const manifest = put(MANIFEST, { schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] });
  const names = { 'io.containerd.image.name': image.ref, 'org.opencontainers.image.ref.name': image.ref };
  const entry = { ...manifest, annotations: names, platform: { os: 'linux', architecture: 'amd64' } };
  const write = (name: string, document: unknown): void => {
    writeFileSync(join(workDir, 'layout', name), JSON.stringify(document));
  };
  write('oci-layout', { imageLayoutVersion: '1.0.0' });
  write('index.json', { schemaVersion: 2, mediaType: INDEX, manifests: [entry] });
  tarOf(join(workDir, 'layout'), file);
  return manifest.digest;
}

function configOf({ entrypoint, user }: ArchiveOptions['image'], diffId: string): unknown {
  return {
    created: new Date(Number(EPOCH) * 1000).toISOString(),
    architecture: 'amd64',
    os: 'linux',
    config: {
      Entrypoint: entrypoint,
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      User: user,
      WorkingDir: '/',
    },
    rootfs: { type: 'layers', diff_ids: [diffId] },
  };
}

/** Compressed once for every content: most of the time of a build would go into it. */
async function compressedLayer(
  root: string,
  workDir: string,
  cacheDir: string,
): Promise<{ diffId: string; path: string }> {
  const plain = join(workDir, 'layer.tar');
  tarOf(root, plain);
  const digest = await sha256Of(plain);
  const path = join(cacheDir, `layer-${digest.slice(0, 32)}.tar.gz`);
  if (!existsSync(path)) {
    const temporary = `${path}.${process.pid}`;
    await pipeline(createReadStream(plain), createGzip({ level: 6 }), createWriteStream(temporary));
    renameSync(temporary, path);
  }
  rmSync(plain);
  return { diffId: `sha256:${digest}`, path };
}

function tarOf(directory: string, file: string): void {
  const fixed = ['--sort=name', `--mtime=@${EPOCH}`, '--numeric-owner', '--format=gnu'];
  runTool('tar', ['-cf', file, ...fixed, '-C', directory, '.']);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}
