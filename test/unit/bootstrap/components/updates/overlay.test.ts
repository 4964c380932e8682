import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BinaryComponent } from '../../../../../bootstrap/components/manifest.ts';
import {
  overlayPath,
  readOverlay,
  withOverlay,
  writeOverlay,
} from '../../../../../bootstrap/components/updates/overlay.ts';
import type { AgentError } from '../../../../../bootstrap/errors.ts';
import { localHost } from '../../../../../bootstrap/host/local-host.ts';
import { temporaryTree } from '../../../../support/temporary-tree.ts';
import { manifestWith } from '../check-context.ts';

const tool: BinaryComponent = {
  name: 'tool',
  group: 'operator',
  kind: 'binary',
  path: '/usr/bin/tool',
  sha256: '0'.repeat(64),
  size: 1,
  mode: '0755',
  uid: 0,
  version: '1.0.0',
};
const entry = { component: 'tool', path: tool.path, version: '2.0.0', sha256: 'a'.repeat(64), size: 2, images: null };

async function emptyMachine() {
  const root = await temporaryTree();
  await mkdir(join(root, 'var/lib'), { recursive: true });
  return localHost({ root }).files;
}

test('an entry takes the place of the one before, and the last one takes the file with it', async () => {
  const files = await emptyMachine();
  await writeOverlay(files, 'tool', entry);
  await writeOverlay(files, 'tool', { ...entry, version: '3.0.0' });
  await writeOverlay(files, 'other', { ...entry, component: 'other' });
  expect((await readOverlay(files)).map(one => `${one.component} ${one.version}`)).toEqual([
    'tool 3.0.0',
    'other 2.0.0',
  ]);
  await writeOverlay(files, 'tool', null);
  await writeOverlay(files, 'other', null);
  expect(await files.stat(overlayPath)).toBeNull();
});

test('a component is checked against its update, the others against the signed manifest', async () => {
  const other = { ...tool, name: 'other' };
  const manifest = manifestWith([tool, other]);
  const { component: _, path: __, images: ___, ...updated } = entry;
  expect(withOverlay(manifest, [entry]).components).toEqual([{ ...tool, ...updated }, other]);
  expect(withOverlay(manifest, [])).toBe(manifest);
});

test('an overlay that is damaged is named, not passed over', async () => {
  const files = await emptyMachine();
  await files.write(overlayPath, '{"schema":', 0o600);
  await expect(readOverlay(files)).rejects.toThrow(
    expect.objectContaining<Partial<AgentError>>({ code: 'E_STATE_INVALID' }),
  );
});
