import { chmod, cp, readFile, rm, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Manifest, manifestPath, signaturePath } from '../../../../bootstrap/components/manifest.ts';
import { readSigningKey } from '../../../../bootstrap/components/sign.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { componentsSpec, type ImageTree, makeImageTree, sealTree } from '../../../support/image-tree.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

const uid = process.getuid?.() ?? 0;
const made = async () => makeImageTree(await temporaryTree());
const [tool, unit, config, bundle, data] = componentsSpec.components;
const withTool = (change: object) => ({ ...componentsSpec, components: [{ ...tool, ...change }] });

describe('what is made', () => {
  test('holds what is declared, with what was measured', async () => {
    const tree = await made();
    await tree.seal();
    const manifest = Manifest.parse(JSON.parse(await tree.read(manifestPath)));
    expect(manifest).toMatchObject({
      schema: 'conjurer.manifest/v1',
      version: '1.3.0',
      minControllerVersion: '1.3.0',
      os: { id: 'ubuntu', versionId: '22.04', arch: 'amd64' },
      components: [
        { name: 'tool', size: 34, mode: '0755', uid: 0, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
        {
          path: '/usr/lib/systemd/system/tool.service',
          enabled: true,
          dropIns: [{ path: '/etc/systemd/system/tool.service.d/10-limits.conf' }],
        },
        { path: '/etc/tool/tool.conf', sha256: expect.any(String), keys: {} },
        { images: [] },
        { package: 'tool-data', version: '2.0-1' },
      ],
      closed: [
        { path: '/etc/systemd/system/tool.service.d', allow: [] },
        { path: '/etc/tool', allow: ['local.conf'] },
      ],
    });
  });

  test('is the same bytes from the same tree elsewhere, made later, and so is its signature', async () => {
    const tree = await made();
    await tree.seal();
    const [manifest, signature] = [await tree.read(manifestPath), await tree.read(signaturePath)];
    const copy = await temporaryTree();
    await cp(tree.root, copy, { recursive: true, verbatimSymlinks: true });
    await rm(join(copy, manifestPath));
    await sealTree(copy, tree.key);
    expect(await readFile(join(copy, manifestPath), 'utf8')).toBe(manifest);
    expect(await readFile(join(copy, signaturePath), 'utf8')).toBe(signature);
  });
});

describe('what cannot be made is named', () => {
  const nothing = async () => undefined;
  test.each<[string, object, (tree: ImageTree) => Promise<unknown>, object]>([
    [
      'an unknown key',
      { ...componentsSpec, imgae: 'x' },
      nothing,
      { message: 'components.yaml: the whole has an unknown key: imgae' },
    ],
    [
      'an unknown key of a component',
      withTool({ sha: 'x' }),
      nothing,
      { message: 'components.yaml: components.0 has an unknown key: sha' },
    ],
    [
      'an unknown kind',
      withTool({ kind: 'program' }),
      nothing,
      { message: expect.stringContaining('components.0.kind') },
    ],
    [
      'a path that climbs',
      withTool({ path: '/usr/../etc/shadow' }),
      nothing,
      { wanted: 'an absolute path without . and ..' },
    ],
    [
      'a missing file',
      withTool({}),
      tree => unlink(tree.at('/usr/bin/tool')),
      { message: 'tool: /usr/bin/tool is not a file in the root directory', seen: 'nothing' },
    ],
    [
      'a link',
      withTool({}),
      async tree => {
        await unlink(tree.at('/usr/bin/tool'));
        await symlink('other', tree.at('/usr/bin/tool'));
      },
      { seen: 'a symlink' },
    ],
    [
      'another hash than declared',
      withTool({ sha256: '0'.repeat(64) }),
      nothing,
      { message: 'tool: /usr/bin/tool has another sha256' },
    ],
    ['another mode than declared', withTool({ mode: '0700' }), nothing, { seen: '0755', wanted: '0700' }],
    [
      'a unit that is not there',
      { ...componentsSpec, components: [{ ...unit, unit: 'other.service' }] },
      nothing,
      { message: 'tool-unit: there is no unit other.service' },
    ],
    [
      'a unit that is not enabled as declared',
      { ...componentsSpec, components: [{ ...unit, enabled: false }] },
      nothing,
      { message: 'tool-unit: unit-enabled' },
    ],
    [
      'a package that is not installed',
      { ...componentsSpec, components: [{ ...data, package: 'other' }] },
      nothing,
      { seen: 'not installed' },
    ],
    [
      'another package version',
      { ...componentsSpec, components: [{ ...data, version: '3' }] },
      nothing,
      { seen: '2.0-1', wanted: '3' },
    ],
    [
      'an undeclared file in a closed directory',
      { ...componentsSpec, components: [config, bundle] },
      nothing,
      { message: '/etc/systemd/system/tool.service.d: undeclared-file' },
    ],
    [
      'no system',
      componentsSpec,
      tree => tree.put('/etc/os-release', 'BUILD_ID=b-7\n'),
      { wanted: '/etc/os-release with both' },
    ],
    [
      'another build than the tree says',
      componentsSpec,
      tree => tree.put('/etc/os-release', 'ID=a\nVERSION_ID=1\nBUILD_ID=b-1\n'),
      { seen: 'b-7' },
    ],
  ])('%s', async (_what, spec, spoil, error) => {
    const tree = await made();
    await spoil(tree);
    await expect(tree.seal(spec)).rejects.toMatchObject({ code: 'E_SPEC_INVALID', exitStatus: 2, ...error });
  });
});

describe('a key to sign with', () => {
  test.each<[string, (tree: ImageTree) => Promise<unknown>, string]>([
    ['is not there', tree => unlink(tree.at('/key.pem')), 'there is no such file'],
    ['others may read', tree => chmod(tree.at('/key.pem'), 0o640), 'its mode is 0640, so others can read or change it'],
    ['holds nothing of the kind', tree => tree.put('/key.pem', 'x', 0o600), 'it is not a private key in PEM'],
    [
      'is a link',
      async tree => {
        await unlink(tree.at('/key.pem'));
        await symlink('/usr/bin/tool', tree.at('/key.pem'));
      },
      'it is a symlink',
    ],
  ])('that %s is refused', async (_what, spoil, seen) => {
    const tree = await made();
    await tree.put('/key.pem', tree.key.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
    const { files } = localHost({ root: tree.root });
    await expect(readSigningKey(files, '/key.pem', uid)).resolves.toMatchObject({ asymmetricKeyType: 'ed25519' });
    await spoil(tree);
    await expect(readSigningKey(files, '/key.pem', uid)).rejects.toMatchObject({ code: 'E_SIGNING_KEY', seen });
  });

  test('that is encrypted is refused', async () => {
    const tree = await made();
    const pem = tree.key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'canary-secret' });
    await tree.put('/key.pem', pem.toString(), 0o600);
    const refused = readSigningKey(localHost({ root: tree.root }).files, '/key.pem', uid);
    await expect(refused).rejects.toMatchObject({ code: 'E_SIGNING_KEY', seen: 'it is encrypted' });
  });
});
