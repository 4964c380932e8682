import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** The files of an archive by their name, in the order in which they are written. */
export type ArchiveFiles = Map<string, Buffer>;

export interface BuiltImage {
  readonly ref: string;
  /** As the manifest declares it: of the index entry, or of the config for docker save. */
  readonly digest: string;
  readonly platform: string;
}

export interface Built {
  readonly files: ArchiveFiles;
  readonly image: BuiltImage;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A tar made by the machine's own tar. */
export function tarOf(files: ArchiveFiles, ...options: string[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'conjurer-archive-'));
  try {
    for (const [name, content] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    const names = [...files.keys()];
    return execFileSync('tar', ['-C', folder, ...options, '-cf', '-', ...names], { maxBuffer: 1 << 30 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const platforms = {
  'linux/amd64': { os: 'linux', architecture: 'amd64' },
  'linux/arm64': { os: 'linux', architecture: 'arm64', variant: 'v8' },
} as const;

export type PlatformName = keyof typeof platforms;

/** An image layout with an index of these platforms, two layers each. */
export function ociLayout(names: readonly PlatformName[] = ['linux/amd64'], ref = 'registry.test/pause:3.10'): Built {
  const files: ArchiveFiles = new Map();
  const put = (bytes: Buffer, mediaType: string) => {
    const digest = `sha256:${sha256(bytes)}`;
    files.set(`blobs/sha256/${digest.slice(7)}`, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const manifests = names.map(name => {
    const layers = [randomBytes(700), randomBytes(5000)];
    const packed = layers.map(layer => put(gzipSync(layer), 'application/vnd.oci.image.layer.v1.tar+gzip'));
    const diffIds = layers.map(layer => `sha256:${sha256(layer)}`);
    const config = put(configOf(name, diffIds), 'application/vnd.oci.image.config.v1+json');
    const manifest = json({ schemaVersion: 2, config, layers: packed });
    return { ...put(manifest, 'application/vnd.oci.image.manifest.v1+json'), platform: platforms[name] };
  });
  const index = put(json({ schemaVersion: 2, manifests }), 'application/vnd.oci.image.index.v1+json');
  const annotations = { 'io.containerd.image.name': ref, 'org.opencontainers.image.ref.name': '3.10' };
  files.set('oci-layout', json({ imageLayoutVersion: '1.0.0' }));
  files.set('index.json', json({ schemaVersion: 2, manifests: [{ ...index, annotations }] }));
  return { files, image: { ref, digest: index.digest, platform: names[0] ?? 'linux/amd64' } };
}

/** What docker save writes; `pack` is what other tools do to the layers. */
export function dockerSave(pack: (layer: Buffer) => Buffer = layer => layer, ref = 'registry.test/pause:3.10'): Built {
  const files: ArchiveFiles = new Map();
  const layers = [randomBytes(700), randomBytes(5000)];
  const names = layers.map(layer => {
    const packed = pack(layer);
    const name = `${sha256(packed)}/layer.tar`;
    files.set(name, packed);
    return name;
  });
  const config = configOf(
    'linux/amd64',
    layers.map(layer => `sha256:${sha256(layer)}`),
  );
  files.set(`${sha256(config)}.json`, config);
  files.set('manifest.json', json([{ Config: `${sha256(config)}.json`, RepoTags: [ref], Layers: names }]));
  return { files, image: { ref, digest: `sha256:${sha256(config)}`, platform: 'linux/amd64' } };
}

/** The blob that is named by these words of its JSON, as `"layers"`; of several the first. */
export function blobWith(files: ArchiveFiles, words: string): string {
  const found = [...files].find(([name, bytes]) => name.startsWith('blobs/') && bytes.includes(words));
  if (found === undefined) throw new Error(`no blob with ${words}`);
  return found[0];
}

/** One tar header, with any field as the caller wants it and a checksum that fits. */
export function tarHeader(name: string, size: number | Buffer, type = '0', linkName = ''): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 100);
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  if (typeof size === 'number') block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  else size.copy(block, 124, 0, 12);
  block.write('00000000000\0', 136);
  block.write('        ', 148);
  block.write(type, 156);
  block.write(linkName, 157, 100);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

export function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function configOf(name: PlatformName, diffIds: readonly string[]): Buffer {
  return json({ ...platforms[name], rootfs: { type: 'layers', diff_ids: diffIds } });
}
