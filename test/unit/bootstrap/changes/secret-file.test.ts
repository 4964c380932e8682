import { createHash, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import type { SecretFileChange } from '../../../../bootstrap/change.ts';
import { keptDirectory, removeUnneededCopies } from '../../../../bootstrap/changes/kept.ts';
import { secretFileChange } from '../../../../bootstrap/changes/secret-file.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';
import { undoneBy } from './undone-by.ts';

const signal = new AbortController().signal;
const path = '/var/lib/conjurer/node.key';
const base = { kind: 'secret-file', id: 'key', path, mode: 0o600 } as const;
const generated: SecretFileChange = { ...base, source: { generate: 'p256-key' } };
const removed: SecretFileChange = { ...base, source: null };

test('a key is made once, 0600, PKCS#8, P-256; again it stays the same', async () => {
  const host = localHost({ root: await temporaryTree() });
  expect(await secretFileChange.isDone(generated, host)).toBe(false);
  await secretFileChange.apply(generated, host, signal);
  const pem = (await host.files.readText(path)) ?? '';
  expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  expect(createPrivateKey(pem).asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  expect((await host.files.stat(path))?.mode).toBe(0o600);
  expect(await secretFileChange.isDone(generated, host)).toBe(true);
  await host.files.write(path, pem, 0o644);
  expect(await secretFileChange.isDone(generated, host)).toBe(false);
  await secretFileChange.apply(generated, host, signal);
  expect(await host.files.readText(path)).toBe(pem);
  expect((await host.files.stat(path))?.mode).toBe(0o600);
});

test.each([
  ['garbage', 'not a key\n'],
  ['nothing at all', ''],
  ['a key of another curve', pemOf('P-384')],
])('where %s is in its place it is left as it is', async (_name, content) => {
  const host = localHost({ root: await temporaryTree() });
  await host.files.write(path, content, 0o600);
  expect(await secretFileChange.isDone(generated, host)).toBe(false);
  await expect(secretFileChange.apply(generated, host, signal)).rejects.toMatchObject({ code: 'E_STATE_INVALID' });
  expect(await host.files.readText(path)).toBe(content);
});

test('undo of a new key removes it', async () => {
  const host = localHost({ root: await temporaryTree() });
  const undo = await secretFileChange.undo(generated, host);
  expect(undo).toEqual([removed]);
  await secretFileChange.apply(generated, host, signal);
  await undoneBy(undo, host);
  expect(await secretFileChange.isDone(removed, host)).toBe(true);
});

test('a replaced secret is copied aside, 0600, never into the undo, and comes back', async () => {
  const host = localHost({ root: await temporaryTree() });
  await host.files.write('/etc/input/token', 'new token\n', 0o400);
  await host.files.write('/etc/app/token', 'old token\n', 0o440);
  const sha256 = createHash('sha256').update('new token\n').digest('hex');
  const copy: SecretFileChange = { ...base, path: '/etc/app/token', source: { from: '/etc/input/token', sha256 } };
  const undo = await secretFileChange.undo(copy, host);
  expect(JSON.stringify(undo)).not.toContain('token\\n');
  const [kept] = (await host.files.list(keptDirectory)) ?? [];
  expect(await host.files.stat(`${keptDirectory}/${kept}`)).toMatchObject({ mode: 0o600 });
  await secretFileChange.apply(copy, host, signal);
  expect(await secretFileChange.isDone(copy, host)).toBe(true);
  expect(await host.files.readText('/etc/app/token')).toBe('new token\n');
  await undoneBy(undo, host);
  expect(await host.files.readText('/etc/app/token')).toBe('old token\n');
  expect((await host.files.stat('/etc/app/token'))?.mode).toBe(0o440);
  await removeUnneededCopies(host, undo);
  expect(await host.files.list(keptDirectory)).toEqual([kept]);
  await removeUnneededCopies(host, []);
  expect(await host.files.list(keptDirectory)).toEqual([]);
});

test.each([
  ['', 'no such file'],
  ['other bytes', 'sha256 '],
])('a source that is not what was planned is refused: %j', async (content, seen) => {
  const host = localHost({ root: await temporaryTree() });
  if (content !== '') await host.files.write('/etc/input/token', content, 0o400);
  const copy: SecretFileChange = { ...base, source: { from: '/etc/input/token', sha256: '0'.repeat(64) } };
  await expect(secretFileChange.apply(copy, host, signal)).rejects.toMatchObject({
    code: 'E_HOST_FILE',
    seen: expect.stringContaining(seen),
  });
  expect(await host.files.stat(path)).toBeNull();
});

test('a secret that must be gone is removed, and no copy is kept', async () => {
  const host = localHost({ root: await temporaryTree() });
  await host.files.write(path, 'secret', 0o400);
  expect(await secretFileChange.isDone(removed, host)).toBe(false);
  expect(await secretFileChange.undo(removed, host)).toEqual([]);
  await secretFileChange.apply(removed, host, signal);
  await secretFileChange.apply(removed, host, signal);
  expect(await secretFileChange.isDone(removed, host)).toBe(true);
  expect(await host.files.list(keptDirectory)).toBeNull();
});

function pemOf(namedCurve: string): string {
  return generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
