import { generateKeyPairSync } from 'node:crypto';
import { chmod, chown, mkdir, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { manifestPath, signaturePath } from '../../../../bootstrap/components/manifest.ts';
import { openManifest, type Remembered } from '../../../../bootstrap/components/open-manifest.ts';
import { signatureText } from '../../../../bootstrap/components/sign.ts';
import { trustDirectory } from '../../../../bootstrap/components/trust.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { componentsSpec, type ImageTree, makeImageTree } from '../../../support/image-tree.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

const uid = process.getuid?.() ?? 0;

async function sealed(): Promise<ImageTree> {
  const tree = await makeImageTree(await temporaryTree());
  await tree.seal();
  return tree;
}

const open = ({ root }: ImageTree, remembered: Remembered | null = null, builtInKeys: string[] = []) =>
  openManifest({ files: localHost({ root }).files, builtInKeys, uid }, remembered);

describe('a manifest is opened when a trusted key signed its very bytes', () => {
  test('a key of the trust directory', async () => {
    expect(await open(await sealed())).toMatchObject({
      manifest: { image: 'clusterimage-r-v1.3.0', version: '1.3.0', minControllerVersion: '1.3.0', buildId: 'b-7' },
      key: { from: `${trustDirectory}/builder.pem` },
      machineBuildId: 'b-7',
    });
  });

  test('a built-in key, and no trust directory', async () => {
    const tree = await sealed();
    const pem = await tree.read(`${trustDirectory}/builder.pem`);
    await unlink(tree.at(`${trustDirectory}/builder.pem`));
    await expect(open(tree, null, [pem])).resolves.toMatchObject({ key: { from: 'built in' } });
  });

  test('none at all', async () => {
    expect(await open(await makeImageTree(await temporaryTree()))).toBeNull();
  });
});

describe('each way that it cannot be trusted is an error of its own, and nothing of it is read', () => {
  const cases: [string, (tree: ImageTree) => Promise<unknown>, string][] = [
    ['no signature', tree => unlink(tree.at(signaturePath)), 'E_MANIFEST_UNSIGNED'],
    ['a signature that is none', tree => tree.put(signaturePath, 'nonsense'), 'E_MANIFEST_UNSIGNED'],
    [
      'a cut signature',
      async tree => tree.put(signaturePath, (await tree.read(signaturePath)).slice(0, 80)),
      'E_MANIFEST_UNSIGNED',
    ],
    ['an unknown key', tree => unlink(tree.at(`${trustDirectory}/builder.pem`)), 'E_MANIFEST_KEY_UNKNOWN'],
    ['an altered byte', tree => alterByte(tree), 'E_MANIFEST_ALTERED'],
    ['an altered byte that leaves no JSON', tree => tree.put(manifestPath, '{'), 'E_MANIFEST_ALTERED'],
    ['a wrong signature', tree => forge(tree), 'E_MANIFEST_SIGNATURE_WRONG'],
    ['the manifest is gone, its signature not', tree => unlink(tree.at(manifestPath)), 'E_MANIFEST_MISSING'],
    ['a signed text that is no manifest', tree => signText(tree, '{"image": 1}\n'), 'E_MANIFEST_INVALID'],
    ['a signed text that is no JSON', tree => signText(tree, 'image'), 'E_MANIFEST_INVALID'],
    ['a key directory that others may write', tree => chmod(tree.at(trustDirectory), 0o775), 'E_TRUST_UNSAFE'],
    ['a directory above it that others may write', tree => chmod(tree.at('/etc/conjurer'), 0o777), 'E_TRUST_UNSAFE'],
    ['a key that others may write', tree => chmod(tree.at(`${trustDirectory}/builder.pem`), 0o666), 'E_TRUST_UNSAFE'],
    ['a key of another user', tree => chown(tree.at(`${trustDirectory}/builder.pem`), 12345, 0), 'E_TRUST_UNSAFE'],
    ['a key directory that is a link', tree => linkTrust(tree), 'E_TRUST_UNSAFE'],
    ['a private key in the trust directory', tree => putKey(tree, 'ed25519', true), 'E_TRUST_KEY_INVALID'],
    ['a key of another kind', tree => putKey(tree, 'x25519', false), 'E_TRUST_KEY_INVALID'],
  ];
  test.each(cases)('%s', async (_what, spoil, code) => {
    const tree = await sealed();
    await spoil(tree);
    await expect(open(tree)).rejects.toMatchObject({ code, exitStatus: 5 });
  });
});

describe('a manifest that is signed and yet not that of this machine', () => {
  test('another build than os-release names', async () => {
    const tree = await sealed();
    await tree.put('/etc/os-release', 'ID=ubuntu\nVERSION_ID="22.04"\nBUILD_ID="b-8"\n');
    await expect(open(tree)).rejects.toMatchObject({
      code: 'E_MANIFEST_OTHER_BUILD',
      seen: 'build b-7 of 2026-01-31T08:00:00Z',
      wanted: 'build b-8, which /etc/os-release names',
    });
  });

  test('an older one than this machine has verified before; a newer one is taken', async () => {
    const tree = await makeImageTree(await temporaryTree());
    await tree.put('/etc/os-release', 'ID=ubuntu\nVERSION_ID="22.04"\n');
    await tree.seal();
    await expect(open(tree, { buildId: 'b-9', builtAt: '2026-02-01T00:00:00Z' })).rejects.toMatchObject({
      code: 'E_MANIFEST_OTHER_BUILD',
    });
    await expect(open(tree, { buildId: 'b-6', builtAt: '2026-01-30T00:00:00Z' })).resolves.toMatchObject({
      manifest: { buildId: 'b-7' },
    });
  });

  test('one was verified before, and now there is none', async () => {
    const tree = await makeImageTree(await temporaryTree());
    await expect(open(tree, { buildId: 'b-7', builtAt: '2026-01-31T08:00:00Z' })).rejects.toMatchObject({
      code: 'E_MANIFEST_MISSING',
    });
  });
});

test.each([
  ['a name that breaks the rule', { image: 'ubuntu-22.04' }, 'image: not a name such as clusterimage-r-v1.2.3'],
  [
    'two components of one name',
    { components: [...componentsSpec.components, componentsSpec.components[0]] },
    'two components are named tool',
  ],
])('a manifest with %s is refused when it is made', async (_what, change, message) => {
  const tree = await makeImageTree(await temporaryTree());
  await expect(tree.seal({ ...componentsSpec, ...change })).rejects.toMatchObject({
    code: 'E_SPEC_INVALID',
    message: expect.stringContaining(message),
  });
});

async function alterByte(tree: ImageTree): Promise<void> {
  await tree.put(manifestPath, (await tree.read(manifestPath)).replace('"mode": "0755"', '"mode": "0757"'));
}

/** A signature by another key that claims to be the trusted one's. */
async function forge(tree: ImageTree): Promise<void> {
  const { keyId } = JSON.parse(await tree.read(signaturePath)) as { keyId: string };
  const other = generateKeyPairSync('ed25519').privateKey;
  const forged = JSON.parse(signatureText(Buffer.from(await tree.read(manifestPath)), other)) as object;
  await tree.put(signaturePath, JSON.stringify({ ...forged, keyId }));
}

async function signText(tree: ImageTree, text: string): Promise<void> {
  await tree.put(manifestPath, text);
  await tree.put(signaturePath, signatureText(Buffer.from(text), tree.key));
}

async function linkTrust(tree: ImageTree): Promise<void> {
  await rename(tree.at(trustDirectory), tree.at('/etc/elsewhere'));
  await symlink('/etc/elsewhere', tree.at(trustDirectory));
}

async function putKey(tree: ImageTree, kind: 'ed25519' | 'x25519', secret: boolean): Promise<void> {
  const pair = generateKeyPairSync(kind as 'ed25519');
  const pem = secret
    ? pair.privateKey.export({ type: 'pkcs8', format: 'pem' })
    : pair.publicKey.export({ type: 'spki', format: 'pem' });
  await mkdir(tree.at(trustDirectory), { recursive: true });
  await writeFile(tree.at(`${trustDirectory}/other.pem`), pem, { mode: 0o644 });
}
