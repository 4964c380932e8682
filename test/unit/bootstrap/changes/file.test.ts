import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FileChange } from '../../../../bootstrap/change.ts';
import { fileChange } from '../../../../bootstrap/changes/file.ts';
import { keptDirectory } from '../../../../bootstrap/changes/kept.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';
import { undoneBy } from './undone-by.ts';

const signal = new AbortController().signal;
const wanted: FileChange = { kind: 'file', id: 'app', path: '/etc/app.conf', mode: 0o644, content: 'größe = 1\n' };

test('done is: a regular file, these bytes, this mode', async () => {
  const root = await temporaryTree();
  const host = localHost({ root });
  expect(await fileChange.isDone(wanted, host)).toBe(false);
  await host.files.write(wanted.path, 'größe = 1\n', 0o600);
  expect(await fileChange.isDone(wanted, host)).toBe(false);
  await host.files.write(wanted.path, 'größe = 2\n', 0o644);
  expect(await fileChange.isDone(wanted, host)).toBe(false);
  await fileChange.apply(wanted, host, signal);
  expect(await fileChange.isDone(wanted, host)).toBe(true);
  await host.files.rename(wanted.path, '/etc/real.conf');
  await symlink('real.conf', join(root, 'etc/app.conf'));
  // The mode of every symlink is 0777.
  expect(await fileChange.isDone({ ...wanted, mode: 0o777 }, host)).toBe(false);
});

test.each<[string, string | Uint8Array | null, number, boolean]>([
  ['nothing', null, 0, false],
  ['public text', 'alt: ü\n', 0o664, false],
  ['a private file', 'psk = secret\n', 0o600, true],
  ['bytes that are no UTF-8', Uint8Array.of(0xff, 0x00, 0xc3), 0o644, true],
  ['a file too large for the journal', 'x'.repeat(64 * 1024 + 1), 0o755, true],
])('undo brings back %s, and the journal gets only what may stand there', async (_name, before, mode, isKept) => {
  const host = localHost({ root: await temporaryTree() });
  if (before !== null) await host.files.write(wanted.path, before, mode);
  const undo = await fileChange.undo(wanted, host);
  expect(JSON.stringify(undo)).not.toContain('secret\\n');
  expect(undo).toMatchObject([{ kind: isKept ? 'secret-file' : 'file', path: wanted.path }]);
  expect(((await host.files.list(keptDirectory)) ?? []).length).toBe(isKept ? 1 : 0);
  await fileChange.apply(wanted, host, signal);
  await undoneBy(undo, host);
  expect(await host.files.read(wanted.path)).toEqual(before === null ? null : Buffer.from(before));
  if (before !== null) expect((await host.files.stat(wanted.path))?.mode).toBe(mode);
});

test('undo brings back a symlink as a symlink, also a dangling one', async () => {
  const root = await temporaryTree();
  const host = localHost({ root });
  await mkdir(join(root, 'etc'));
  await symlink('../run/systemd/resolve/stub-resolv.conf', join(root, 'etc/app.conf'));
  const undo = await fileChange.undo(wanted, host);
  await fileChange.apply(wanted, host, signal);
  expect((await host.files.stat(wanted.path))?.type).toBe('file');
  await undoneBy(undo, host);
  expect(await host.files.readlink(wanted.path)).toBe('../run/systemd/resolve/stub-resolv.conf');
});

test('removal is done when nothing is there, and its undo brings the file back', async () => {
  const host = localHost({ root: await temporaryTree() });
  const removal: FileChange = { ...wanted, content: null };
  expect(await fileChange.isDone(removal, host)).toBe(true);
  await host.files.write(wanted.path, 'here\n', 0o640);
  expect(await fileChange.isDone(removal, host)).toBe(false);
  const undo = await fileChange.undo(removal, host);
  await fileChange.apply(removal, host, signal);
  await fileChange.apply(removal, host, signal);
  expect(await host.files.stat(wanted.path)).toBeNull();
  await undoneBy(undo, host);
  expect(await host.files.readText(wanted.path)).toBe('here\n');
});

test('a directory in the way is left alone', async () => {
  const root = await temporaryTree();
  const host = localHost({ root });
  await mkdir(join(root, 'etc/app.conf'), { recursive: true });
  await writeFile(join(root, 'etc/app.conf/inside'), '');
  await expect(fileChange.undo(wanted, host)).rejects.toMatchObject({ code: 'E_HOST_FILE', seen: 'a directory' });
  await expect(fileChange.apply(wanted, host, signal)).rejects.toMatchObject({ code: 'E_HOST_FILE', seen: 'EISDIR' });
  expect(await host.files.list('/etc')).toEqual(['app.conf']);
  expect(await host.files.list('/etc/app.conf')).toEqual(['inside']);
});
