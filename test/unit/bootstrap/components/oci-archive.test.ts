import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Depth, Finding } from '../../../../bootstrap/components/finding.ts';
import { isFailure } from '../../../../bootstrap/components/finding.ts';
import { openHasher } from '../../../../bootstrap/components/hash/hasher.ts';
import type { Manifest, OciArchiveComponent } from '../../../../bootstrap/components/manifest.ts';
import { readArchive } from '../../../../bootstrap/components/oci/read-archive.ts';
import { checkOciArchive } from '../../../../bootstrap/components/oci-archive.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import {
  type ArchiveFiles,
  type Built,
  type BuiltImage,
  blobWith,
  dockerSave,
  json,
  ociLayout,
  padded,
  sha256,
  tarHeader,
  tarOf,
} from '../../../support/image-archive.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

const endOfTar = Buffer.alloc(1024);
const noProgress = { expect: () => undefined, read: () => undefined };

/** Checks these bytes as an archive; its own hash is as declared unless `declared` says another one. */
async function check(
  bytes: Buffer,
  image: BuiltImage,
  depth: Depth = 'deep',
  declared = sha256(bytes),
): Promise<Finding[]> {
  const root = await temporaryTree();
  return checkIn(root, bytes, image, depth, declared);
}

async function checkIn(root: string, bytes: Buffer, image: BuiltImage, depth: Depth, declared = sha256(bytes)) {
  const path = '/images.tar';
  writeFileSync(join(root, path), bytes, { mode: 0o644 });
  const { signal } = new AbortController();
  const host = localHost({ root });
  const component: OciArchiveComponent = {
    ...{ name: 'images', group: 'kubernetes', kind: 'oci-archive', path },
    ...{ sha256: declared, size: bytes.length, mode: '0644', uid: process.getuid?.() ?? 0, images: [image] },
  };
  const hasher = openHasher({ host, background: false, progress: noProgress, signal });
  try {
    return await checkOciArchive(component, {
      ...{ host, depth, hash: hasher.hash, known: () => null, progress: noProgress, signal },
      manifest: {} as Manifest,
    });
  } finally {
    await hasher.close();
  }
}

const told = (findings: readonly Finding[]) => findings.map(({ status, problem }) => `${status} ${problem}`);
const good = ['ok none'];

test.each([
  ['plain', (tar: Buffer) => tar],
  ['gzip', (tar: Buffer) => gzipSync(tar)],
  ['zstd', (tar: Buffer) => zstdCompressSync(tar)],
])('an intact archive passes at every depth: %s', async (_, pack) => {
  for (const { files, image } of [ociLayout(), dockerSave(), dockerSave(gzipSync), dockerSave(zstdCompressSync)]) {
    for (const format of ['--format=gnu', '--format=pax', '--format=ustar']) {
      const bytes = pack(tarOf(files, format));
      for (const depth of ['full', 'deep'] as const) expect(told(await check(bytes, image, depth))).toEqual(good);
    }
  }
});

test('long names, many pieces and an archive that is cut into odd pieces by compression make no difference', async () => {
  const { files, image } = ociLayout();
  files.set(`${'long-'.repeat(30)}/${'name-'.repeat(30)}`, randomBytes(3_000_000));
  files.set('blobs/sha256/unused', Buffer.from('{}'));
  for (const format of ['--format=gnu', '--format=pax']) {
    const tar = tarOf(files, format);
    for (const bytes of [tar, gzipSync(tar), zstdCompressSync(tar)]) {
      expect(told(await check(bytes, image))).toEqual(good);
    }
  }
});

test('links inside the archive are followed, as old docker writes a layer that two images share', async () => {
  const { files, image } = dockerSave();
  const [name, layer] = [...files][0] as [string, Buffer];
  files.delete(name);
  files.set('shared/layer.tar', layer);
  const rest = tarOf(files).subarray(0, -endOfTar.length);
  const link = tarHeader(name, 0, '2', '../shared/layer.tar');
  expect(told(await check(Buffer.concat([link, rest, endOfTar]), image))).toEqual(good);
  const hard = tarHeader(name, 0, '1', 'shared/layer.tar');
  expect(told(await check(Buffer.concat([hard, rest, endOfTar]), image))).toEqual(good);
  const circle = [tarHeader(name, 0, '2', 'layer.tar'), tarHeader(`${name.split('/')[0]}/layer.tar`, 0, '2', '../x')];
  expect(told(await check(Buffer.concat([...circle, rest, endOfTar]), image))).toEqual([
    'missing archive-blob-missing',
  ]);
});

test('the archive itself altered after its end, where no image is', async () => {
  const { files, image } = ociLayout();
  const bytes = tarOf(files);
  const declared = sha256(bytes);
  const altered = Buffer.from(bytes);
  altered[bytes.length - 1] = 1;
  expect(told(await check(altered, image, 'full', declared))).toEqual(['altered digest-mismatch']);
  expect(told(await check(altered, image, 'deep', declared))).toEqual(['altered digest-mismatch']);
});

type Edit = (built: Built) => void;
const amd64 = { os: 'linux', architecture: 'amd64' };
const both = () => ociLayout(['linux/amd64', 'linux/arm64']);
const drop =
  (words: string, nth = 0): Edit =>
  ({ files }) => {
    const names = [...files].filter(([name, bytes]) => name.startsWith('blobs/') && bytes.includes(words));
    files.delete(names[nth]?.[0] ?? '');
  };
const dropLayerOf =
  (words: string): Edit =>
  ({ files }) => {
    const configName = blobWith(files, words);
    const manifest = [...files.values()].find(
      bytes => bytes.includes(configName.slice(13)) && bytes.includes('layers'),
    );
    files.delete(`blobs/sha256/${JSON.parse(`${manifest}`).layers[1].digest.slice(7)}`);
  };
const rewriteIndex = ({ files }: Built, change: (entry: Record<string, unknown>) => void) => {
  const index = JSON.parse(`${files.get('index.json')}`);
  change(index.manifests[0]);
  files.set('index.json', json(index));
};

test.each<[string, () => Built, Edit, string[]]>([
  ['a layer of this platform absent', both, dropLayerOf('amd64","rootfs'), ['missing archive-blob-missing']],
  [
    'a layer of a foreign platform absent',
    both,
    dropLayerOf('"v8","rootfs'),
    ['ok none', 'note archive-foreign-platform-absent'],
  ],
  ['the config of this platform absent', both, drop('amd64","rootfs'), ['missing archive-blob-missing']],
  ['the manifest of this platform absent', both, drop('"layers":['), ['missing archive-blob-missing']],
  [
    'the manifest of a foreign platform absent',
    both,
    drop('"layers":[', 1),
    ['ok none', 'note archive-foreign-platform-absent'],
  ],
  [
    'only a foreign platform',
    () => ociLayout(['linux/arm64']),
    ({ image }) => Object.assign(image, { platform: 'linux/amd64' }),
    ['missing archive-platform-missing'],
  ],
  ['the index of the image absent', both, drop('"manifests"'), ['missing archive-blob-missing']],
  ['no index.json', ociLayout, ({ files }) => files.delete('index.json'), ['altered archive-no-image']],
  [
    'index.json is no JSON',
    ociLayout,
    ({ files }) => files.set('index.json', Buffer.from('{')),
    ['altered archive-index-invalid'],
  ],
  [
    'another digest under this name',
    ociLayout,
    ({ image }) => Object.assign(image, { digest: `sha256:${'0'.repeat(64)}` }),
    ['altered archive-image-differs'],
  ],
  [
    'another image',
    ociLayout,
    ({ image }) => Object.assign(image, { ref: 'x.test/y:1', digest: `sha256:${'0'.repeat(64)}` }),
    ['missing archive-image-missing'],
  ],
  [
    'another name',
    ociLayout,
    ({ image }) => Object.assign(image, { ref: 'registry.test/pause:3.9' }),
    ['altered archive-image-name-differs'],
  ],
  [
    'a name that says the platform, a config that says another',
    () => ociLayout(['linux/arm64']),
    built => {
      const { files, image } = built;
      const name = blobWith(files, '"platform"');
      const index = JSON.parse(`${files.get(name)}`);
      index.manifests[0].platform = amd64;
      const changed = json(index);
      files.set(`blobs/sha256/${sha256(changed)}`, changed);
      rewriteIndex(built, entry => Object.assign(entry, { digest: `sha256:${sha256(changed)}`, size: changed.length }));
      Object.assign(image, { digest: `sha256:${sha256(changed)}`, platform: 'linux/amd64' });
    },
    ['altered archive-platform-differs'],
  ],
  [
    'a zero-byte blob',
    ociLayout,
    ({ files }) => files.set(blobWith(files, '"layers"'), Buffer.alloc(0)),
    ['altered archive-blob-empty'],
  ],
  [
    'docker save: a layer absent',
    dockerSave,
    ({ files }) => files.delete([...files.keys()][1] ?? ''),
    ['missing archive-blob-missing'],
  ],
  [
    'docker save: a layer altered',
    dockerSave,
    ({ files }) => files.set([...files.keys()][1] ?? '', randomBytes(5000)),
    ['altered archive-blob-altered'],
  ],
  [
    'docker save: a layer too few',
    dockerSave,
    ({ files }) => {
      const list = JSON.parse(`${files.get('manifest.json')}`);
      list[0].Layers.pop();
      files.set('manifest.json', json(list));
    },
    ['altered archive-layers-differ'],
  ],
  [
    'docker save: another tag',
    dockerSave,
    ({ image }) => Object.assign(image, { ref: 'registry.test/pause:3.9' }),
    ['altered archive-image-name-differs'],
  ],
  [
    'docker save: another config',
    dockerSave,
    ({ image }) => Object.assign(image, { digest: `sha256:${'0'.repeat(64)}` }),
    ['altered archive-image-differs'],
  ],
  [
    'docker save: another image',
    dockerSave,
    ({ image }) => Object.assign(image, { ref: 'x.test/y:1', digest: `sha256:${'0'.repeat(64)}` }),
    ['missing archive-image-missing'],
  ],
])('%s', async (_, make, edit, expected) => {
  const built = make();
  edit(built);
  expect(told(await check(tarOf(built.files), built.image))).toEqual(expected);
});

test('a blob whose one byte differs is named with its digest', async () => {
  const { files, image } = ociLayout();
  const name = [...files.keys()][0] ?? '';
  const blob = Buffer.from(files.get(name) ?? '');
  blob[blob.length - 1] = (blob.at(-1) ?? 0) ^ 1;
  files.set(name, blob);
  const [finding] = await check(tarOf(files), image);
  expect(finding).toMatchObject({
    status: 'altered',
    problem: 'archive-blob-altered',
    fix: expect.stringContaining('/images.tar'),
  });
  expect(finding?.observed).toContain(name);
  expect(finding?.observed).toContain(sha256(blob));
});

const oneFile = (name: string) => Buffer.concat([tarHeader(name, 1), padded(Buffer.from('x')), endOfTar]);
const base256 = (hex: string) => Buffer.from(hex.padStart(24, '0'), 'hex');
const pax = (record: string) => {
  const body = Buffer.from(`${record.length + 4} ${record}\n`);
  return Buffer.concat([tarHeader('x', body.length, 'x'), padded(body)]);
};

test.each<[string, () => Buffer, string]>([
  ['a path that leads up', () => oneFile('../../etc/passwd'), 'altered archive-unsafe-path'],
  ['a path that leads up in the middle', () => oneFile('blobs/../../x'), 'altered archive-unsafe-path'],
  ['an absolute path', () => oneFile('/etc/passwd'), 'altered archive-unsafe-path'],
  [
    'an absolute path in a pax header',
    () => Buffer.concat([pax('path=/etc/xy'), oneFile('x')]),
    'altered archive-unsafe-path',
  ],
  [
    'a link that leads out',
    () => Buffer.concat([tarHeader('a/b', 0, '2', '../../etc/passwd'), endOfTar]),
    'altered archive-unsafe-path',
  ],
  [
    'a size of eight exabytes',
    () => Buffer.concat([tarHeader('x', base256('800000007fffffffffffffff')), endOfTar]),
    'altered archive-too-large',
  ],
  [
    'a negative size',
    () => Buffer.concat([tarHeader('x', base256('ffffffffffffffffffffffff')), endOfTar]),
    'altered archive-too-large',
  ],
  [
    'a size in a pax header that no file has',
    () => Buffer.concat([pax('size=99999999999999999999'), oneFile('x')]),
    'altered archive-too-large',
  ],
  [
    'more said than is there',
    () => Buffer.concat([tarHeader('x', 1 << 30), Buffer.alloc(4096)]),
    'altered archive-truncated',
  ],
  [
    'a long name of a gigabyte',
    () => Buffer.concat([tarHeader('x', 1 << 30, 'L'), Buffer.alloc(4096)]),
    'altered archive-too-large',
  ],
  [
    'a million entries',
    () => zstdCompressSync(Buffer.concat(Array(1_000_000).fill(tarHeader('x', 0, '5')))),
    'altered archive-too-many-entries',
  ],
  [
    'a gzip bomb',
    () => gzipSync(Buffer.concat([tarHeader('x', 100 << 20), Buffer.alloc(100 << 20)])),
    'altered archive-too-large',
  ],
  [
    'a zstd bomb',
    () => zstdCompressSync(Buffer.concat([tarHeader('x', 100 << 20), Buffer.alloc(100 << 20)])),
    'altered archive-too-large',
  ],
  [
    'a gzip bomb as a layer',
    () => {
      const bomb = gzipSync(Buffer.alloc(100 << 20));
      return Buffer.concat([tarHeader('a.tar', bomb.length), padded(bomb), endOfTar]);
    },
    'altered archive-too-large',
  ],
  ['a gzip stream that stops', () => gzipSync(oneFile('x')).subarray(0, -9), 'altered archive-truncated'],
  ['a zstd stream that stops', () => zstdCompressSync(oneFile('x')).subarray(0, -4), 'altered archive-truncated'],
  [
    'two zstd frames',
    () => Buffer.concat([zstdCompressSync(oneFile('x')), zstdCompressSync(oneFile('y'))]),
    'could-not-tell archive-not-supported',
  ],
  ['a sparse file', () => Buffer.concat([tarHeader('x', 0, 'S'), endOfTar]), 'could-not-tell archive-not-supported'],
  [
    'two different files of one name',
    () => Buffer.concat([tarHeader('x', 1), padded(Buffer.from('a')), oneFile('x')]),
    'altered archive-damaged',
  ],
  [
    'a header with a wrong checksum',
    () => {
      const tar = oneFile('x');
      tar[0] = 0x79;
      return tar;
    },
    'altered archive-damaged',
  ],
  ['no archive at all', () => randomBytes(5000), 'altered archive-damaged'],
  ['an empty archive', () => Buffer.alloc(10240), 'altered archive-damaged'],
  ['one byte', () => Buffer.from('x'), 'altered archive-truncated'],
])('hostile or damaged: %s', async (_, make, expected) => {
  expect(told(await check(make(), ociLayout().image))).toEqual([expected]);
});

test('an index inside an index, ten deep, or one that holds itself, ends', async () => {
  const built = ociLayout();
  for (let depth = 0; depth < 10; depth++) {
    rewriteIndex(built, entry => {
      const outer = json({ schemaVersion: 2, manifests: [{ ...entry, annotations: undefined }] });
      built.files.set(`blobs/sha256/${sha256(outer)}`, outer);
      Object.assign(entry, { digest: `sha256:${sha256(outer)}`, size: outer.length });
      Object.assign(built.image, { digest: entry.digest });
    });
  }
  expect(told(await check(tarOf(built.files), built.image))).toEqual(['altered archive-index-too-deep']);
});

test('an archive that is damaged anywhere ends in findings, never in an exception, and is never called good', async () => {
  const root = await temporaryTree();
  const archives = [ociLayout(), dockerSave(gzipSync)].flatMap(({ files, image }) => {
    const tar = tarOf(withoutSpareFiles(files));
    return [tar, gzipSync(tar), zstdCompressSync(tar)].map(bytes => ({ bytes, image }));
  });
  const damage = fc.record({
    archive: fc.constantFrom(...archives),
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    how: fc.oneof(
      fc.record({ kind: fc.constant('bytes' as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 600 }) }),
      fc.record({ kind: fc.constant('cut' as const) }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(damage, async ({ archive: { bytes, image }, at, how }) => {
      const from = Math.floor(at * bytes.length);
      const damaged = Buffer.from(how.kind === 'cut' ? bytes.subarray(0, from) : bytes);
      if (how.kind === 'bytes') damaged.set(how.bytes.subarray(0, damaged.length - from), from);
      if (damaged.equals(bytes)) return;
      // Declared as it is now: what is wrong must be seen by what is inside.
      const inside = await checkIn(root, damaged, image, 'deep');
      expect(inside.length).toBeGreaterThan(0);
      // Declared as it was: it can never pass.
      const whole = await checkIn(root, damaged, image, 'deep', sha256(bytes));
      expect(whole.some(isFailure)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

function withoutSpareFiles(files: ArchiveFiles): ArchiveFiles {
  return new Map([...files].filter(([name]) => name !== 'oci-layout'));
}

test('reading stops with the reason of the signal', async () => {
  const root = await temporaryTree();
  const controller = new AbortController();
  writeFileSync(join(root, 'a.tar'), tarOf(ociLayout().files));
  controller.abort(new Error('enough'));
  const reading = readArchive('/a.tar', { root, progress: noProgress, signal: controller.signal });
  await expect(reading).rejects.toThrow('enough');
});
