import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { OciArchiveComponent } from '../../../../bootstrap/components/manifest.ts';
import { checkOciArchive } from '../../../../bootstrap/components/oci-archive.ts';
import type { ContainerImage } from '../../../../image/kubernetes/container-image.ts';
import { makeImages } from '../../../../image/kubernetes/make-images.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';
import { checkContext } from '../../bootstrap/components/check-context.ts';

const image: ContainerImage = {
  name: 'thing',
  group: 'addon',
  ref: 'conjurer.local/thing:1.0.0',
  packages: ['base'],
  files: async () => [
    { path: '/usr/bin/thing', mode: 0o755, content: '#!/bin/sh\n' },
    { path: '/bin/thing', target: '../usr/bin/thing' },
    { path: '/etc/thing.conf', mode: 0o600, content: 'ours' },
  ],
  entrypoint: ['/usr/bin/thing', '-n'],
  user: '65534:65534',
};
/** A package that brings a file which the image replaces. */
const packages = {
  directory: '/nowhere',
  unpack: (name: string, tree: string) => {
    const file = join(tree, 'etc/thing.conf');
    execFileSync('sh', ['-ec', `mkdir -p '${tree}/etc'; echo 'of ${name}' > '${file}'; ln -s nowhere '${tree}/link'`]);
  },
};

async function make(files: ContainerImage['files'] = image.files) {
  const root = await temporaryTree();
  const cacheDir = await temporaryTree();
  const [made] = await makeImages([{ ...image, files }], { root, packages, cacheDir, log: () => undefined });
  if (made === undefined) throw new Error('no image was made');
  const file = join(root, made.path);
  return { root, cacheDir, made, bytes: readFileSync(file), read: (name: string) => fromTar(file, name) };
}

describe('an archive that the image builder makes', () => {
  it('is whole in the eyes of the validation, down to its layer', async () => {
    const { root, made, bytes } = await make();
    const component: OciArchiveComponent = {
      name: 'thing',
      group: 'addon',
      kind: 'oci-archive',
      path: made.path,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      size: bytes.length,
      mode: `0${(statSync(join(root, made.path)).mode & 0o777).toString(8)}`,
      uid: process.getuid?.() ?? 0,
      images: [{ ref: made.ref, digest: made.digest, platform: 'linux/amd64' }],
    };
    const context = checkContext(root, { depth: 'deep', components: [component] });
    expect((await checkOciArchive(component, context)).map(({ problem }) => problem)).toEqual(['none']);
  });

  it('is named for containerd, and says what is run as whom', async () => {
    const { made, read } = await make();
    const index = JSON.parse(read('./index.json').toString());
    expect(index.manifests).toEqual([
      expect.objectContaining({
        digest: made.digest,
        annotations: expect.objectContaining({ 'io.containerd.image.name': 'conjurer.local/thing:1.0.0' }),
      }),
    ]);
    const manifest = JSON.parse(read(blob(made.digest)).toString());
    const config = JSON.parse(read(blob(manifest.config.digest)).toString());
    expect(config.config).toMatchObject({ Entrypoint: ['/usr/bin/thing', '-n'], User: '65534:65534' });
  });

  it('has one layer: what the packages brought, and the files over them', async () => {
    const { made, read } = await make();
    const manifest = JSON.parse(read(blob(made.digest)).toString());
    expect(manifest.layers).toHaveLength(1);
    const layer = read(blob(manifest.layers[0].digest));
    const listed = execFileSync('tar', ['-tvzf', '-'], { input: layer, encoding: 'utf8' });
    expect(listed).toMatch(/^-rwxr-xr-x .* \.\/usr\/bin\/thing$/m);
    expect(listed).toMatch(/^lrwxrwxrwx .* \.\/bin\/thing -> \.\.\/usr\/bin\/thing$/m);
    expect(listed).toMatch(/^lrwxrwxrwx .* \.\/link -> nowhere$/m);
    expect(execFileSync('tar', ['-xzOf', '-', './etc/thing.conf'], { input: layer, encoding: 'utf8' })).toBe('ours');
  });

  it('is the same for the same files, and another one for others', async () => {
    const [once, again, other] = [await make(), await make(), await make(async () => [])];
    expect(again.bytes.equals(once.bytes)).toBe(true);
    expect(other.made.digest).not.toBe(once.made.digest);
  });

  it('leaves nothing in the cache but its compressed layer', async () => {
    const { cacheDir } = await make();
    expect(readdirSync(cacheDir)).toEqual([expect.stringMatching(/^layer-[0-9a-f]{32}\.tar\.gz$/)]);
  });
});

function blob(digest: string): string {
  return `./blobs/${digest.replace(':', '/')}`;
}

function fromTar(file: string, name: string): Buffer {
  return execFileSync('tar', ['-xOf', file, name]);
}
