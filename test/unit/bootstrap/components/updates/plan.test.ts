import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { componentFileKind } from '../../../../../bootstrap/changes/component-file.ts';
import { manifestPath } from '../../../../../bootstrap/components/manifest.ts';
import { planUpdates } from '../../../../../bootstrap/components/updates/plan.ts';
import { validateComponents } from '../../../../../bootstrap/components/validate.ts';
import type { AgentError } from '../../../../../bootstrap/errors.ts';
import { localHost } from '../../../../../bootstrap/host/local-host.ts';
import { makeImageTree } from '../../../../support/image-tree.ts';
import { temporaryTree } from '../../../../support/temporary-tree.ts';

const next = Buffer.from('#!/bin/sh\necho tool version 2.0.0\n');
const update = {
  name: 'tool',
  version: '2.0.0',
  url: 'https://updates.example/tool',
  sha256: createHash('sha256').update(next).digest('hex'),
  size: next.length,
};
const who = { builtInKeys: [], uid: process.getuid?.() ?? 0 };
const { signal } = new AbortController();

async function image() {
  const tree = await makeImageTree(await temporaryTree());
  await tree.seal();
  const host = localHost({ root: tree.root });
  return { ...tree, host, plan: (section: readonly unknown[]) => planUpdates(section, { host, ...who }) };
}

test('an empty section costs nothing: not even the manifest is read', async () => {
  const tree = await image();
  await tree.put(manifestPath, 'damaged');
  expect(await tree.plan([])).toEqual([]);
  await expect(tree.plan([update])).rejects.toThrow('manifest');
});

const noImages = { images: null, imported: [] };

test('an entry becomes the change of the file of its component, with the mode that the manifest declares', async () => {
  const { name, ...what } = update;
  expect(await (await image()).plan([update])).toEqual([
    {
      kind: 'component-file',
      id: 'component-tool',
      component: name,
      path: '/usr/bin/tool',
      mode: 0o755,
      ...what,
      ...noImages,
    },
  ]);
});

test.each([
  ['a component that the image does not have', { ...update, name: 'other' }],
  ['a component whose kind cannot be updated', { ...update, name: 'tool-unit' }],
  ['an address without TLS', { ...update, url: 'http://updates.example/tool' }],
  ['no digest', { ...update, sha256: undefined }],
  ['no size', { ...update, size: 0 }],
])('%s is refused before anything is fetched', async (_, entry) => {
  await expect((await image()).plan([entry])).rejects.toThrow(
    expect.objectContaining<Partial<AgentError>>({ code: 'E_UPDATE_REFUSED' }),
  );
});

test('after an update the validation wants what the update brought, and the signed manifest is as it was', async () => {
  const { host, plan, root, put } = await image();
  const signed = await readFile(`${root}${manifestPath}`);
  const kind = componentFileKind(async () => ({
    offset: 0,
    body: (async function* () {
      yield next;
    })(),
  }));
  for (const change of await plan([update]))
    if (change.kind === 'component-file') await kind.apply(change, host, signal);
  const tool = async () => {
    const progress = { expect: () => undefined, read: () => undefined };
    const validation = await validateComponents({ host, depth: 'full', background: false, progress, signal, ...who });
    return validation?.report.findings.filter(({ component }) => component === 'tool').map(({ problem }) => problem);
  };
  expect(await tool()).toEqual(['none']);
  expect(await readFile(`${root}${manifestPath}`)).toEqual(signed);
  await put('/usr/bin/tool', '#!/bin/sh\necho tool version 2.0.1\n', 0o755);
  expect(await tool()).toEqual(['digest-mismatch']);
});
