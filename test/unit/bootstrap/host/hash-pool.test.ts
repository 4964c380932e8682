import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type HashPoolOptions, openHashPool } from '../../../../bootstrap/host/hash-pool.ts';
import { startHashThreads } from '../../../../bootstrap/host/hash-thread.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

const MiB = 1024 * 1024;

async function poolOn(options: Partial<HashPoolOptions> = {}) {
  const root = await temporaryTree();
  const pool = openHashPool({ root, background: false, ...options });
  onTestFinished(() => pool.close());
  const put = (name: string, content: Uint8Array | string) => {
    writeFileSync(join(root, name), content);
    return createHash('sha256').update(content).digest('hex');
  };
  return { root, pool, put };
}

test('small files, large files and an empty one, on threads and without, hash as sha256sum says', async () => {
  for (const sizes of [
    [0, 1, 512 * 1024],
    [0, 1, 40 * MiB, 512 * 1024 + 1, 3 * MiB],
  ]) {
    const { root, pool, put } = await poolOn({ threads: 2 });
    const expected = sizes.map((size, index) => put(`f${index}`, randomBytes(size)));
    const hashed = await Promise.all(sizes.map((_, index) => pool.hash(`/f${index}`)));
    expect(hashed.map(file => file?.sha256)).toEqual(expected);
    expect(hashed.map(file => file?.info)).toEqual(
      sizes.map((size, index) => {
        const { ino, dev, uid, mode, mtimeMs, ctimeMs } = statSync(join(root, `f${index}`));
        return { type: 'file', size, inode: ino, device: dev, uid, mode: mode & 0o7777, mtimeMs, ctimeMs };
      }),
    );
    const said = execFileSync(
      'sha256sum',
      sizes.map((_, index) => `f${index}`),
      { cwd: root, encoding: 'utf8' },
    );
    expect(said.match(/^[0-9a-f]{64}/gm)).toEqual(expected);
  }
});

test('threads that were started ahead of the work are used, and ended with the pool', async () => {
  const tasks = () => readdirSync('/proc/self/task').length;
  const before = tasks();
  const ready = startHashThreads();
  const { pool, put } = await poolOn({ ready });
  const expected = put('large', randomBytes(25 * MiB));
  expect((await pool.hash('/large'))?.sha256).toBe(expected);
  expect(tasks()).toBe(before + ready.length);
  await pool.close();
  await expect.poll(tasks).toBe(before);
});

test('progress adds up to the sizes', async () => {
  const counted = { expected: 0, read: 0 };
  const progress = {
    expect(bytes: number) {
      counted.expected += bytes;
    },
    read(bytes: number) {
      counted.read += bytes;
    },
  };
  const { pool, put } = await poolOn({ threads: 2, progress });
  put('large', Buffer.alloc(33 * MiB + 7));
  put('small', 'x');
  await Promise.all([pool.hash('/large'), pool.hash('/small')]);
  expect(counted).toEqual({ expected: 33 * MiB + 8, read: 33 * MiB + 8 });
});

test('what is no regular file is named, what is not there is null', async () => {
  const { root, pool, put } = await poolOn();
  put('file', 'x');
  mkdirSync(join(root, 'directory'));
  symlinkSync('file', join(root, 'link'));
  execFileSync('mkfifo', [join(root, 'fifo')]);
  await expect(pool.hash('/absent')).resolves.toBeNull();
  await expect(pool.hash('/file/below')).resolves.toBeNull();
  for (const name of ['directory', 'link', 'fifo']) {
    await expect(pool.hash(`/${name}`)).rejects.toMatchObject({
      code: 'E_HOST_FILE',
      message: `cannot hash /${name}: it is no regular file`,
    });
  }
});

test('a link to a directory is followed inside the root only', async () => {
  const { root, pool, put } = await poolOn();
  mkdirSync(join(root, 'usr'));
  const sha256 = put('usr/tool', 'inside');
  symlinkSync('/usr', join(root, 'bin'));
  await expect(pool.hash('/bin/tool')).resolves.toMatchObject({ sha256 });
});

test.each([
  ['written to', (path: string) => writeFileSync(path, 'y', { flag: 'r+' }), 'it was written to'],
  [
    'replaced by a rename',
    (path: string) => {
      writeFileSync(`${path}.new`, Buffer.alloc(33 * MiB));
      renameSync(`${path}.new`, path);
    },
    'another file is in its place',
  ],
  ['removed', (path: string) => renameSync(path, `${path}.gone`), 'it was removed'],
])('a file that is %s while it is read is not taken', async (_, change, seen) => {
  let path = '';
  let changed = false;
  const progress = {
    expect: () => undefined,
    read: () => {
      if (!changed) change(path);
      changed = true;
    },
  };
  const { root, pool, put } = await poolOn({ progress });
  path = join(root, 'file');
  put('file', Buffer.alloc(12 * MiB));
  await expect(pool.hash('/file')).rejects.toMatchObject({ code: 'E_FILE_CHANGED', seen });
});

test('in the background only the threads that hash have the lowest priority', async () => {
  const niceness: string[] = [];
  const read = () => void niceness.splice(0, niceness.length, ...nicenessOfThreads());
  const progress = { expect: () => undefined, read };
  const { pool, put } = await poolOn({ threads: 1, background: true, progress });
  const before = nicenessOfThreads();
  put('file', Buffer.alloc(40 * MiB));
  await pool.hash('/file');
  expect(niceness.filter(nice => nice === '19')).toHaveLength(before.filter(nice => nice === '19').length + 1);
  expect(niceness).toContain(before[0]);
});

test('an abort ends what runs and what waits with its reason', async () => {
  const controller = new AbortController();
  const { pool, put } = await poolOn({
    threads: 1,
    signal: controller.signal,
    progress: { expect: () => undefined, read: () => controller.abort(new Error('enough')) },
  });
  put('a', Buffer.alloc(64 * MiB));
  put('b', Buffer.alloc(32 * MiB));
  const both = await Promise.allSettled([pool.hash('/a'), pool.hash('/b')]);
  expect(both.map(result => result.status === 'rejected' && result.reason.message)).toEqual(['enough', 'enough']);
});

function nicenessOfThreads(): string[] {
  return readdirSync('/proc/self/task').map(thread => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16] ?? '';
  });
}
