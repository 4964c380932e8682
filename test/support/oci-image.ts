import { createHash } from 'node:crypto';

/** A blob of an image: its descriptor, and the bytes. */
export interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly bytes: Buffer;
}

export interface OciImage {
  readonly ref: string;
  /** What containerd has under the ref: the index where there are foreign platforms, else the manifest. */
  readonly target: Blob;
  readonly manifest: Blob;
  readonly config: Blob;
  readonly layers: readonly Blob[];
  /** An OCI image layout in a tar. */
  readonly archive: Buffer;
}

const oci = 'application/vnd.oci.image';
export const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

/**
 * A small image whose layers hold one file each. `foreign`: its index lists these architectures too, without their blobs,
 * as an archive that was saved for one platform has it.
 */
export function ociImage(
  ref: string,
  options: { readonly files?: readonly string[]; readonly foreign?: readonly string[] } = {},
): OciImage {
  const layers = (options.files ?? [ref]).map(text =>
    blob(`${oci}.layer.v1.tar`, tar([{ name: 'file.txt', bytes: Buffer.from(text) }])),
  );
  const config = json(`${oci}.config.v1+json`, {
    architecture,
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  });
  const manifest = manifestOf(config, layers);
  const foreign = (options.foreign ?? []).map(name => ({ name, blob: manifestOf(config, [...layers, config]) }));
  const target = foreign.length === 0 ? manifest : indexOf(manifest, foreign);
  const blobs = [...new Map([...layers, config, manifest, target].map(one => [one.digest, one])).values()];
  const index = { ...descriptor(target), annotations: { 'io.containerd.image.name': ref } };
  const archive = tar([
    { name: 'oci-layout', bytes: Buffer.from('{"imageLayoutVersion":"1.0.0"}') },
    { name: 'index.json', bytes: Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [index] })) },
    ...blobs.map(({ digest, bytes }) => ({ name: `blobs/${digest.replace(':', '/')}`, bytes })),
  ]);
  return { ref, target, manifest, config, layers, archive };
}

function manifestOf(config: Blob, layers: readonly Blob[]): Blob {
  const mediaType = `${oci}.manifest.v1+json`;
  return json(mediaType, { schemaVersion: 2, mediaType, config: descriptor(config), layers: layers.map(descriptor) });
}

function indexOf(manifest: Blob, foreign: readonly { readonly name: string; readonly blob: Blob }[]): Blob {
  const mediaType = `${oci}.index.v1+json`;
  const manifests = [
    { ...descriptor(manifest), platform: { os: 'linux', architecture } },
    ...foreign.map(({ name, blob: one }) => ({
      ...descriptor(one),
      platform: { os: 'linux', architecture: name },
    })),
  ];
  return json(mediaType, { schemaVersion: 2, mediaType, manifests });
}

function descriptor({ mediaType, digest, size }: Blob) {
  return { mediaType, digest, size };
}

function json(mediaType: string, value: unknown): Blob {
  return blob(mediaType, Buffer.from(JSON.stringify(value)));
}

function blob(mediaType: string, bytes: Buffer): Blob {
  return { mediaType, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, size: bytes.length, bytes };
}

/** A ustar archive of regular files. */
function tar(files: readonly { readonly name: string; readonly bytes: Buffer }[]): Buffer {
  const parts = files.flatMap(({ name, bytes }) => [
    header(name, bytes.length),
    bytes,
    Buffer.alloc(-bytes.length & 511),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 100);
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write('        ', 148);
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
