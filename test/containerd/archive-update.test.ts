import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Change, ChangeKind } from '../../bootstrap/change.ts';
import { componentFileKind, componentRestoreKind } from '../../bootstrap/changes/component-file.ts';
import { imageImportChange } from '../../bootstrap/changes/image-import.ts';
import { imageLabelsChange } from '../../bootstrap/changes/image-labels.ts';
import { planUpdates } from '../../bootstrap/components/updates/plan.ts';
import { validateComponents } from '../../bootstrap/components/validate.ts';
import { localHost } from '../../bootstrap/host/local-host.ts';
import { architecture, type OciImage, ociImage } from '../support/oci-image.ts';
import { makePauseMachine, pause } from '../support/pause-machine.ts';
import { temporaryTree } from '../support/temporary-tree.ts';

const next = 'registry.example/pause:3.10';
const who = { builtInKeys: [], uid: process.getuid?.() ?? 0 };
const { signal } = new AbortController();
const progress = { expect: () => undefined, read: () => undefined };

/** The machine, and the changes by which it gets this archive, done as the pipeline does them. */
async function machine(archive: OciImage) {
  const root = await temporaryTree();
  const { containerd } = await makePauseMachine(root);
  const host = localHost({ root });
  const kinds: Partial<Record<Change['kind'], ChangeKind<never>>> = {
    'component-file': componentFileKind(async () => ({
      offset: 0,
      body: (async function* () {
        yield archive.archive;
      })(),
    })),
    'component-restore': componentRestoreKind,
    'image-import': imageImportChange,
    'image-labels': imageLabelsChange,
  };
  const make = async (change: Change): Promise<{ holds: boolean; undo: Change[] }> => {
    const kind = kinds[change.kind] as ChangeKind<Change> | undefined;
    if (kind === undefined) throw new Error(change.kind);
    const undo = await kind.undo(change, host);
    await kind.apply(change, host, signal);
    return { holds: await kind.isDone(change, host), undo };
  };
  return {
    containerd,
    plan: (images: object | undefined) =>
      planUpdates(
        [
          {
            name: 'pause-archive',
            version: '3.10',
            url: 'https://updates.example/pause.tar',
            sha256: createHash('sha256').update(archive.archive).digest('hex'),
            size: archive.archive.length,
            ...(images === undefined ? {} : { images }),
          },
        ],
        { host, ...who },
      ),
    make,
    async problems() {
      const validation = await validateComponents({
        ...{ host, depth: 'deep', background: false, progress, signal },
        ...who,
      });
      return validation?.report.findings.flatMap(({ status, problem }) => (status === 'ok' ? [] : [problem]));
    },
  };
}

const listed = (image: OciImage, digest = image.target.digest) => [
  { ref: image.ref, digest, platform: `linux/${architecture}` },
];

test('an updated archive brings its image into containerd, pinned; undone, the image before is there again', async () => {
  const image = ociImage(pause, { files: ['another layer'] });
  const { plan, make, problems, containerd } = await machine(image);
  const changes = await plan(listed(image));
  expect(changes.map(({ id }) => id)).toEqual(['component-pause-archive', `image-${pause}`, `labels-${pause}`]);
  const undo: Change[] = [];
  for (const change of changes) {
    const made = await make(change);
    expect(made.holds).toBe(true);
    undo.unshift(...made.undo);
  }
  expect(containerd.ctr('-n', 'k8s.io', 'images', 'ls')).toContain(image.target.digest);
  expect(await problems()).toEqual([]);

  for (const change of undo) await make(change);
  expect(containerd.ctr('-n', 'k8s.io', 'images', 'ls')).toContain(ociImage(pause).target.digest);
  expect(await problems()).toEqual([]);
});

test('an image with another tag takes the place of the one before in what is validated', async () => {
  const image = ociImage(next);
  const { plan, make, problems, containerd } = await machine(image);
  for (const change of await plan(listed(image))) expect((await make(change)).holds).toBe(true);
  expect(await problems()).toEqual([]);
  containerd.ctr('-n', 'k8s.io', 'images', 'rm', '--sync', next);
  expect(await problems()).toEqual(['image-under-other-name']);
});

test('an archive that holds something else than the configuration says does not hold, and is undone', async () => {
  const image = ociImage(pause, { files: ['another layer'] });
  const { plan, make, problems } = await machine(image);
  const [file, imported] = await plan(listed(image, `sha256:${'0'.repeat(64)}`));
  if (file === undefined || imported === undefined) throw new Error('no changes');
  const undo = (await make(file)).undo;
  expect((await make(imported)).holds).toBe(false);
  for (const change of undo) await make(change);
  expect(await problems()).toEqual([]);
});

test.each([
  ['nothing is said of its images', undefined],
  ['an image of the machine is lacking', listed(ociImage('registry.example/other:1'))],
])('an archive where %s is refused before it is fetched', async (_what, images) => {
  const { plan } = await machine(ociImage(pause));
  await expect(plan(images)).rejects.toThrow(expect.objectContaining({ code: 'E_UPDATE_REFUSED' }));
});
