import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { imageImportChange } from '../../bootstrap/changes/image-import.ts';
import { imageLabelsChange } from '../../bootstrap/changes/image-labels.ts';
import { checkContainerdImage } from '../../bootstrap/components/containerd-image.ts';
import type { Depth, Finding } from '../../bootstrap/components/finding.ts';
import type { Component, ContainerdImageComponent } from '../../bootstrap/components/manifest.ts';
import { planRepairs } from '../../bootstrap/components/repair.ts';
import type { AgentError } from '../../bootstrap/errors.ts';
import { startContainerd } from '../support/containerd.ts';
import { type OciImage, ociImage } from '../support/oci-image.ts';
import { temporaryTree } from '../support/temporary-tree.ts';
import { checkContext, preloaded } from '../unit/bootstrap/components/check-context.ts';

const pinned = ['io.cri-containerd.image=managed', 'io.cri-containerd.pinned=pinned'];
const ref = 'registry.example/pause:3.9';
const archivePath = '/usr/share/images/pause.tar';

/** A machine whose containerd holds what the image's builder has put into it. */
async function machine(options: { image?: OciImage; others?: readonly OciImage[]; namespace?: string } = {}) {
  const { image = ociImage(ref), others = [], namespace = 'k8s.io' } = options;
  const tree = await temporaryTree();
  const containerd = await startContainerd(tree);
  const archive = join(tree, archivePath);
  await mkdir(dirname(archive), { recursive: true });
  await writeFile(archive, image.archive);
  const load = (path: string, name: string) => {
    containerd.ctr('-n', namespace, 'images', 'import', '--no-unpack', path);
    containerd.ctr('-n', namespace, 'images', 'label', name, ...pinned);
  };
  load(archive, image.ref);
  for (const [number, other] of others.entries()) {
    await writeFile(`${archive}.${number}`, other.archive);
    load(`${archive}.${number}`, other.ref);
  }
  const component: ContainerdImageComponent = {
    name: 'pause',
    group: 'kubernetes',
    kind: 'containerd-image',
    ref: image.ref,
    digest: image.target.digest,
    pinned: true,
    archive: 'pause-archive',
  };
  const components: Component[] = [
    component,
    {
      name: 'pause-archive',
      group: 'kubernetes',
      kind: 'oci-archive',
      path: archivePath,
      sha256: createHash('sha256').update(image.archive).digest('hex'),
      size: image.archive.length,
      mode: '0644',
      uid: 0,
      images: [],
    },
  ];
  const check = (depth: Depth = 'deep') => checkContainerdImage(component, checkContext(tree, { depth, components }));
  return {
    tree,
    image,
    ctr: containerd.ctr,
    blob: containerd.blob,
    archive,
    check,
    problems: async (depth: Depth = 'deep') => told(await check(depth)),
    /** What `--repair` does with what a deep validation finds. Gives the ids of the changes. */
    async repair() {
      const { manifest, host, signal } = checkContext(tree, { components });
      const changes = planRepairs(manifest, await check());
      for (const change of changes) {
        if (change.kind === 'image-import') {
          await imageImportChange.apply(change, host, signal);
          expect(await imageImportChange.isDone(change, host)).toBe(true);
        } else if (change.kind === 'image-labels') {
          await imageLabelsChange.apply(change, host, signal);
          expect(await imageLabelsChange.isDone(change, host)).toBe(true);
        }
      }
      return changes.map(({ id }) => id);
    },
  };
}

const told = (findings: readonly Finding[]) => findings.map(({ status, problem }) => `${status} ${problem}`);

test('an image that is there, pinned and whole is ok at each depth', async () => {
  const { problems, repair } = await machine();
  for (const depth of ['quick', 'full', 'deep'] as const) expect(await problems(depth)).toEqual(['ok none']);
  expect(await repair()).toEqual([]);
});

test('an image that garbage collection took is re-imported from its archive and pinned again', async () => {
  const { ctr, check, problems, repair } = await machine();
  ctr('-n', 'k8s.io', 'images', 'rm', '--sync', ref);
  expect(await check('quick')).toEqual([
    expect.objectContaining({ problem: 'image-missing', fix: 'conjurer validate --repair', repairable: true }),
  ]);
  expect(await repair()).toEqual([`image-${ref}`, `labels-${ref}`]);
  expect(await problems()).toEqual(['ok none']);
});

test('an image under another tag', async () => {
  const { ctr, check, problems, repair } = await machine();
  ctr('-n', 'k8s.io', 'images', 'tag', ref, 'registry.example/pause:latest');
  ctr('-n', 'k8s.io', 'images', 'rm', ref);
  expect(await check()).toEqual([
    expect.objectContaining({ problem: 'image-under-other-name', observed: 'registry.example/pause:latest' }),
  ]);
  await repair();
  expect(await problems()).toEqual(['ok none']);
});

test('an image in another namespace than CRI looks into', async () => {
  const { check, problems, repair } = await machine({ namespace: 'default' });
  expect(await check()).toEqual([
    expect.objectContaining({ problem: 'image-in-other-namespace', observed: 'only in namespace default' }),
  ]);
  await repair();
  expect(await problems()).toEqual(['ok none']);
});

test.each([
  ['io.cri-containerd.pinned', 'pin-label-missing'],
  ['io.cri-containerd.image', 'cri-label-missing'],
])('an image without the label %s gets it, and is not imported for that', async (label, problem) => {
  const { ctr, problems, repair } = await machine();
  ctr('-n', 'k8s.io', 'images', 'label', ref, `${label}=`);
  expect(await problems('quick')).toEqual([`altered ${problem}`]);
  expect(await repair()).toEqual([`labels-${ref}`]);
  expect(await problems()).toEqual(['ok none']);
});

test('labels are undone to the values that they had', async () => {
  const { ctr, tree, problems } = await machine();
  ctr('-n', 'k8s.io', 'images', 'label', ref, 'io.cri-containerd.pinned=');
  const { host, manifest, signal } = checkContext(tree);
  const socket = manifest.kubernetes?.criSocket ?? '';
  const labels = { 'io.cri-containerd.pinned': 'pinned' };
  const change = { kind: 'image-labels', id: 'x', socket, ref, labels } as const;
  const [undo] = await imageLabelsChange.undo(change, host);
  await imageLabelsChange.apply(change, host, signal);
  expect(await problems()).toEqual(['ok none']);
  if (undo?.kind !== 'image-labels') throw new Error('no undo');
  await imageLabelsChange.apply(undo, host, signal);
  expect(await problems()).toEqual(['altered pin-label-missing']);
  expect(await imageLabelsChange.isDone(undo, host)).toBe(true);
});

test('a name that stands for another image', async () => {
  const other = ociImage('registry.example/other:1');
  const { ctr, check, problems, repair } = await machine({ others: [other] });
  ctr('-n', 'k8s.io', 'images', 'tag', '--force', other.ref, ref);
  ctr('-n', 'k8s.io', 'images', 'label', ref, ...pinned);
  expect(await check()).toEqual([
    expect.objectContaining({ problem: 'image-digest-mismatch', observed: other.target.digest }),
  ]);
  await repair();
  expect(await problems()).toEqual(['ok none']);
});

test.each(['layer', 'config', 'manifest'] as const)(
  'an altered %s in the content store is found and replaced',
  async which => {
    const { image, blob, problems, repair } = await machine();
    const { digest, bytes } = {
      layer: image.layers[0] ?? image.config,
      config: image.config,
      manifest: image.manifest,
    }[which];
    const flipped = Buffer.from(bytes);
    flipped[20] = (flipped[20] ?? 0) ^ 1;
    await writeFile(blob(digest), flipped);
    expect(await problems('deep')).toEqual(['altered blob-altered']);
    expect(await repair()).toEqual([`image-${ref}`, `labels-${ref}`]);
    expect(await readFile(blob(digest))).toEqual(bytes);
    expect(await problems('deep')).toEqual(['ok none']);
  },
);

test('a layer that a power cut left empty is found without hashing, and replaced', async () => {
  const { image, blob, problems, repair } = await machine();
  await truncate(blob(image.layers[0]?.digest ?? ''), 0);
  expect(await problems('quick')).toEqual(['ok none']);
  expect(await problems('full')).toEqual(['altered blob-empty']);
  await repair();
  expect(await problems('deep')).toEqual(['ok none']);
});

test('a damaged layer that another image has too is replaced for both', async () => {
  const shared = ['the same layer'];
  const other = ociImage('registry.example/other:1', { files: [...shared, 'more'] });
  const { image, blob, problems, repair } = await machine({ image: ociImage(ref, { files: shared }), others: [other] });
  const [layer] = image.layers;
  if (layer === undefined) throw new Error('no layer');
  await writeFile(blob(layer.digest), Buffer.alloc(layer.size, 1));
  expect(await problems()).toEqual(['altered blob-altered']);
  await repair();
  expect(await problems()).toEqual(['ok none']);
  expect(await readFile(blob(layer.digest))).toEqual(layer.bytes);
});

test('a blob that is gone', async () => {
  const { image, blob, problems, repair } = await machine();
  await rm(blob(image.config.digest));
  expect(await problems('full')).toEqual(['missing blob-missing']);
  await repair();
  expect(await problems()).toEqual(['ok none']);
});

test('the blobs of a foreign platform may be absent, which is noted', async () => {
  const image = ociImage(ref, { foreign: ['s390x'] });
  const { check } = await machine({ image });
  expect(await check()).toEqual([
    expect.objectContaining({ status: 'ok' }),
    expect.objectContaining({ status: 'note', problem: 'foreign-platform-absent' }),
  ]);
});

test('nothing is imported from an archive that is not the declared one', async () => {
  const { ctr, archive, problems, repair } = await machine();
  ctr('-n', 'k8s.io', 'images', 'rm', '--sync', ref);
  await writeFile(archive, ociImage(ref, { files: ['something else'] }).archive);
  await expect(repair()).rejects.toThrow(expect.objectContaining<Partial<AgentError>>({ code: 'E_IMAGE_ARCHIVE' }));
  expect(await problems()).toEqual(['missing image-missing']);
});

const somewhere = preloaded('pause', ref);

test('a containerd that does not answer cannot tell', async () => {
  const tree = await temporaryTree();
  await mkdir(join(tree, 'run/containerd'), { recursive: true });
  await writeFile(join(tree, 'run/containerd/containerd.sock'), '');
  expect(told(await checkContainerdImage(somewhere, checkContext(tree)))).toEqual([
    'could-not-tell containerd-not-answering',
  ]);
});

const hexOf = (digest: string): string => digest.replace('sha256:', '');

test('in a tree that is not booted the blobs tell for themselves, where there is a store', async () => {
  const tree = await temporaryTree();
  const { target, config, layers } = ociImage(ref);
  const component = { ...somewhere, digest: target.digest };
  const check = async () => told(await checkContainerdImage(component, checkContext(tree, { depth: 'deep' })));
  expect(await check()).toEqual(['ok none', 'note image-not-asked']);
  const store = join(tree, 'var/lib/containerd/io.containerd.content.v1.content/blobs/sha256');
  await mkdir(store, { recursive: true });
  expect(await check()).toEqual(['missing blob-missing']);
  for (const { digest, bytes } of [target, config, ...layers]) await writeFile(join(store, hexOf(digest)), bytes);
  expect(await check()).toEqual(['ok none', 'note image-not-asked']);
  await truncate(join(store, hexOf(target.digest)), 0);
  expect(await check()).toEqual(['altered blob-empty']);
});
