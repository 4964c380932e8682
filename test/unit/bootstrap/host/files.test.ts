import { chmod, lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Disk, nodeDisk } from '../../../../bootstrap/host/disk.ts';
import { createFiles } from '../../../../bootstrap/host/files.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

test('writes a file whole with the exact mode, whatever the umask, and makes the directories', async () => {
  const tree = await temporaryTree();
  const files = createFiles(nodeDisk, tree);
  const umask = process.umask(0o077);
  try {
    await files.write('/etc/new/app.conf', 'one\n', 0o664);
    await files.write('/var/lib/conjurer/sub/key', 'two', 0o600);
  } finally {
    process.umask(umask);
  }
  expect(await readFile(join(tree, 'etc/new/app.conf'), 'utf8')).toBe('one\n');
  const modes = ['etc/new', 'etc/new/app.conf', 'var/lib', 'var/lib/conjurer', 'var/lib/conjurer/sub'].map(async path =>
    ((await lstat(join(tree, path))).mode & 0o7777).toString(8),
  );
  expect(await Promise.all(modes)).toEqual(['755', '664', '755', '700', '700']);
});

test('replaces a symlink and never writes through it', async () => {
  const tree = await temporaryTree();
  await mkdir(join(tree, 'etc'));
  await writeFile(join(tree, 'etc/target'), 'untouched');
  await symlink('target', join(tree, 'etc/link'));
  const files = createFiles(nodeDisk, tree);
  await files.write('/etc/link', 'new', 0o644);
  expect(await readFile(join(tree, 'etc/target'), 'utf8')).toBe('untouched');
  expect((await files.stat('/etc/link'))?.type).toBe('file');
  await symlink('target', join(tree, 'etc/log'));
  await expect(files.append('/etc/log', 'line\n', 0o600)).rejects.toMatchObject({
    code: 'E_HOST_FILE',
    data: { errno: 'ELOOP' },
  });
});

test('an absolute link and .. stay inside the root', async () => {
  const tree = await temporaryTree();
  await mkdir(join(tree, 'usr/lib'), { recursive: true });
  await mkdir(join(tree, 'etc'));
  await writeFile(join(tree, 'usr/lib/os-release'), 'ID=inside\n');
  await symlink('/usr/lib/os-release', join(tree, 'etc/os-release'));
  await symlink('../../../../../../usr/lib', join(tree, 'etc/up'));
  await symlink('/etc', join(tree, 'config'));
  await symlink('loop', join(tree, 'loop'));
  const files = createFiles(nodeDisk, tree);
  expect(await files.readText('/etc/os-release')).toBe('ID=inside\n');
  expect(await files.readText('/../../etc/up/os-release')).toBe('ID=inside\n');
  expect(await files.list('/etc/up')).toEqual(['os-release']);
  await files.write('/config/up/made', 'x', 0o644);
  expect(await readdir(join(tree, 'usr/lib'))).toEqual(['made', 'os-release']);
  expect(await files.readlink('/config/os-release')).toBe('/usr/lib/os-release');
  await expect(files.read('/loop')).rejects.toMatchObject({ code: 'E_HOST_FILE', data: { errno: 'ELOOP' } });
});

test('absent is null, and anything else is E_HOST_FILE with what to do', async () => {
  const tree = await temporaryTree();
  const files = createFiles(nodeDisk, tree);
  await files.write('/file', '', 0o644);
  expect([
    await files.read('/no/such'),
    await files.readText('/file/below'),
    await files.stat('/none'),
    await files.list('/none'),
    await files.readlink('/file'),
  ]).toEqual([null, null, null, null, null]);
  await expect(files.read('/')).rejects.toMatchObject({
    code: 'E_HOST_FILE',
    message: 'cannot read /: a directory is in its place',
    seen: 'EISDIR',
  });
  await expect(files.rename('/none', '/other')).rejects.toMatchObject({ data: { errno: 'ENOENT' } });
  await files.remove('/none/at/all');
});

test.each([
  ['ENOSPC', 'the file system is full', 'df -h'],
  ['EROFS', 'mounted read-only', 'remount'],
  ['EACCES', 'permission denied', 'sudo'],
])('%s leaves what was there, no temporary file, and says what to do', async (errno, message, next) => {
  const tree = await temporaryTree();
  await createFiles(nodeDisk, tree).write('/etc/hostname', 'old\n', 0o644);
  const full: Disk = {
    ...nodeDisk,
    async open(path, use, mode) {
      const file = await nodeDisk.open(path, use, mode);
      const write = async (bytes: Uint8Array) => {
        await file.write(bytes.subarray(0, 1));
        throw Object.assign(new Error(errno), { code: errno });
      };
      return { ...file, write };
    },
  };
  await expect(createFiles(full, tree).write('/etc/hostname', 'new\n', 0o644)).rejects.toMatchObject({
    code: 'E_HOST_FILE',
    message: expect.stringContaining(message),
    next: expect.stringContaining(next),
  });
  expect(await readdir(join(tree, 'etc'))).toEqual(['hostname']);
  expect(await readFile(join(tree, 'etc/hostname'), 'utf8')).toBe('old\n');
});

test('what a cut write left behind goes with the next write or removal of the same path, and nothing else', async () => {
  const tree = await temporaryTree();
  const files = createFiles(nodeDisk, tree);
  await files.write('/etc/a', 'a', 0o644);
  for (const name of ['.a.conjurer-0123', '.ab.conjurer-0123', '.a.swp']) await writeFile(join(tree, 'etc', name), '');
  await files.write('/etc/a', 'b', 0o644);
  expect(await readdir(join(tree, 'etc'))).toEqual(['.a.swp', '.ab.conjurer-0123', 'a']);
  await writeFile(join(tree, 'etc/.a.conjurer-4567'), '');
  await files.remove('/etc/a');
  expect(await readdir(join(tree, 'etc'))).toEqual(['.a.swp', '.ab.conjurer-0123']);
});

test('writes of one process to one path at once each end whole', async () => {
  const files = createFiles(nodeDisk, await temporaryTree());
  const contents = Array.from({ length: 20 }, (_, index) => `${index}`.repeat(5_000));
  await Promise.all(contents.map(content => files.write('/etc/a', content, 0o644)));
  expect(contents).toContain(await files.readText('/etc/a'));
  expect(await files.list('/etc')).toEqual(['a']);
});

test('appends, links once, makes symlinks', async () => {
  const tree = await temporaryTree();
  const files = createFiles(nodeDisk, tree);
  await files.append('/log', 'a\n', 0o600);
  await chmod(join(tree, 'log'), 0o640);
  await files.append('/log', 'b\n', 0o600);
  expect(await files.readText('/log')).toBe('a\nb\n');
  expect((await files.stat('/log'))?.mode).toBe(0o640);
  expect(await files.link('/log', '/log2')).toBe(true);
  expect(await files.link('/log', '/log2')).toBe(false);
  expect((await files.stat('/log2'))?.inode).toBe((await files.stat('/log'))?.inode);
  await files.symlink('elsewhere', '/log');
  expect(await readlink(join(tree, 'log'))).toBe('elsewhere');
});

test('a path that is not absolute is a bug', async () => {
  await expect(createFiles(nodeDisk, await temporaryTree()).read('etc/passwd')).rejects.toMatchObject({
    code: 'E_BUG',
  });
});
