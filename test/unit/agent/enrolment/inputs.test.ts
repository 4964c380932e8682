import { chmod, chown, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readInput } from '../../../../agent/enrolment/inputs.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';

let root: string;
let file: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'conjurer-inputs-'));
  await mkdir(path.join(root, 'etc/conjurer'), { recursive: true });
  file = path.join(root, 'etc/conjurer/passphrase');
  await writeFile(file, 'a passphrase of a test', { mode: 0o400 });
});
afterEach(() => rm(root, { recursive: true }));

const inRoot = { path: '/etc/conjurer/passphrase', from: 'root' } as const;
const read = (input: { path: string; from: 'root' | 'typed' } = inRoot, uid = process.getuid?.() ?? 0) =>
  readInput({ host: localHost({ root }), typed: localHost({ root: '/' }), uid }, input, 'passphrase');

describe('an input file', () => {
  it('is read inside the root, or where it was typed', async () => {
    expect((await read()).toString()).toBe('a passphrase of a test');
    expect((await read({ path: file, from: 'typed' })).toString()).toBe('a passphrase of a test');
  });

  it('is missing', async () => {
    await rm(file);
    await expect(read()).rejects.toMatchObject({ code: 'E_INPUT_MISSING', exitStatus: 78 });
  });

  it.each([0o440, 0o404, 0o644, 0o660, 0o777])('is refused with mode %o', async mode => {
    await chmod(file, mode);
    await expect(read()).rejects.toMatchObject({
      code: 'E_INPUT_UNSAFE',
      wanted: 'mode 0400',
      next: 'chmod 0400 /etc/conjurer/passphrase, then: conjurer run',
    });
  });

  it.each([0o400, 0o600])('is accepted with mode %o, which nobody else can read', async mode => {
    await chmod(file, mode);
    await expect(read()).resolves.toBeInstanceOf(Buffer);
  });

  it('is refused as a symlink, wherever that leads', async () => {
    await rm(file);
    await writeFile(path.join(root, 'etc/conjurer/elsewhere'), 'a passphrase of a test', { mode: 0o400 });
    await symlink('elsewhere', file);
    await expect(read()).rejects.toMatchObject({ code: 'E_INPUT_UNSAFE', seen: 'it is a symlink' });
  });

  it('is refused as a directory', async () => {
    await rm(file);
    await mkdir(file, { mode: 0o700 });
    await expect(read()).rejects.toMatchObject({ code: 'E_INPUT_UNSAFE', seen: 'it is a directory' });
  });

  it('is refused where it belongs to somebody else', async () => {
    if (process.getuid?.() === 0) await chown(file, 4711, 0);
    const uid = process.getuid?.() === 0 ? 0 : 4711;
    await expect(read(inRoot, uid)).rejects.toMatchObject({ code: 'E_INPUT_UNSAFE', wanted: 'owner root' });
  });
});
