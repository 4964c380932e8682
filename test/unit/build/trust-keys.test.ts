import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTrustKeys } from '../../../build/trust-keys.ts';
import { temporaryTree } from '../../support/temporary-tree.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();

async function treeWith(files: Record<string, string>): Promise<string> {
  const root = await temporaryTree();
  await mkdir(join(root, 'build/trust'), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, 'build/trust', name), text);
  return root;
}

describe('readTrustKeys', () => {
  it('gives the keys by name, and none where there is no directory', async () => {
    const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect(readTrustKeys(await treeWith({ 'b.pem': pem, 'a.pem': other, 'README.md': 'x' }))).toEqual([other, pem]);
    expect(readTrustKeys(await temporaryTree())).toEqual([]);
  });

  it.each([
    ['a private key', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    [
      'a key of another kind',
      generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    ],
    ['nothing of the kind', 'x'],
  ])('refuses %s', async (_what, text) => {
    const root = await treeWith({ 'a.pem': text });
    expect(() => readTrustKeys(root)).toThrow('build/trust/a.pem must hold one Ed25519 public key in PEM');
  });
});
