import { chmodSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { manifestPath, signaturePath } from '../../bootstrap/components/manifest.ts';
import { trustDirectory } from '../../bootstrap/components/trust.ts';
import { componentsSpec, type ImageTree, makeImageTree } from '../support/image-tree.ts';
import { type Ended, ran } from '../support/started.ts';
import { builtBinary } from './build/binary.ts';

let conjurer = '';
let root = '';
let bench = '';
let tree: ImageTree;

beforeAll(() => {
  conjurer = builtBinary();
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'conjurer-image-'));
  bench = await mkdtemp(join(tmpdir(), 'conjurer-builder-'));
  tree = await makeImageTree(root);
  writeFileSync(join(bench, 'components.yaml'), stringify(componentsSpec));
  const pem = tree.key.export({ type: 'pkcs8', format: 'pem' }).toString();
  writeFileSync(join(bench, 'builder.key'), pem, { mode: 0o600 });
});
afterEach(async () => {
  await rm(root, { recursive: true });
  await rm(bench, { recursive: true });
});

const inTree = (...args: string[]): Promise<Ended> => ran(conjurer, ['--root', root, ...args], {});
const create = (...more: string[]) =>
  inTree('manifest', 'create', '--spec', join(bench, 'components.yaml'), '--built-at', '2026-01-31T08:00:00Z', ...more);
const sign = () => inTree('manifest', 'sign', '--key', join(bench, 'builder.key'));

async function seal(): Promise<void> {
  expect(await create()).toMatchObject({ status: 0, stderr: '' });
  expect(await sign()).toMatchObject({ status: 0, stderr: '' });
}

describe('manifest', () => {
  it('create, sign and verify, from the declaration to a manifest that is trusted', async () => {
    const created = await create('--json');
    expect({ status: created.status, stderr: created.stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(created.stdout)).toMatchObject({
      schema: 'conjurer.manifest-summary/v1',
      action: 'create',
      path: manifestPath,
      image: 'clusterimage-r-v1.3.0',
      buildId: 'b-7',
      components: 5,
      keyId: null,
    });
    expect(await sign()).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('Signed') });
    expect(await inTree('manifest', 'verify')).toMatchObject({ status: 0, stderr: '' });
    // Nothing of conjurer's own is left in the image that was made.
    expect(readdirSync(join(root, 'var'))).toEqual(['lib']);
    expect(readdirSync(join(root, 'var/lib'))).toEqual(['dpkg']);
  });

  it('is the same bytes each time', async () => {
    await seal();
    const first = [await tree.read(manifestPath), await tree.read(signaturePath)];
    await seal();
    expect([await tree.read(manifestPath), await tree.read(signaturePath)]).toEqual(first);
  });

  it.each<[string, () => unknown, () => Promise<Ended>, number, string]>([
    ['an unknown key', () => spec({ imgae: 1 }), create, 2, 'has an unknown key: imgae'],
    ['YAML that is none', () => writeFileSync(join(bench, 'components.yaml'), 'a: [\n'), create, 2, 'E_SPEC_INVALID'],
    ['no spec', () => rmSync(join(bench, 'components.yaml')), create, 2, '--spec names a file that is not there'],
    ['a missing file', () => rmSync(join(root, 'usr/bin/tool')), create, 2, 'tool: /usr/bin/tool is not a file'],
    ['a key that others may read', () => chmodSync(join(bench, 'builder.key'), 0o644), signed, 2, 'its mode is 0644'],
    [
      'a flag of another action',
      () => undefined,
      () => inTree('manifest', 'verify', '--key', 'x'),
      2,
      '--key goes with manifest sign',
    ],
    ['an unknown action', () => undefined, () => inTree('manifest', 'make'), 2, 'create, sign, verify'],
    ['no manifest to verify', () => undefined, () => inTree('manifest', 'verify'), 5, 'E_MANIFEST_MISSING'],
  ])('%s: a clear error, and its status', async (_what, spoil, act, status, message) => {
    spoil();
    const ended = await act();
    expect(ended).toMatchObject({ status, stdout: '' });
    expect(ended.stderr).toContain(message);
    expect(ended.stderr).not.toContain('PRIVATE KEY');
  });
});

describe('validate', () => {
  it('an image as it was made, in all depths', async () => {
    await seal();
    for (const depth of [[], ['--quick'], ['--deep']]) {
      const ended = await inTree('validate', ...depth);
      expect(ended).toMatchObject({ status: 0, stderr: '' });
      expect(ended.stdout).toContain('All components are as declared.');
    }
  });

  it('--json is one documented object, and a difference ends with 5', async () => {
    await seal();
    await tree.put('/usr/bin/tool', '#!/bin/sh\necho tool version 1.2.4\n', 0o755);
    const { status, stdout, stderr } = await inTree('validate', '--json');
    expect({ status, stderr }).toEqual({ status: 5, stderr: '' });
    const report = JSON.parse(stdout) as { findings: { status: string }[] };
    expect(report).toMatchObject({ schema: 'conjurer.validate/v1', verdict: 'failed', depth: 'full', repaired: [] });
    expect(report.findings.filter(one => one.status !== 'ok')).toMatchObject([
      {
        component: 'tool',
        kind: 'binary',
        group: 'os',
        status: 'altered',
        problem: 'digest-mismatch',
        observed: expect.stringMatching(/^\/usr\/bin\/tool has sha256 /),
        expected: expect.stringMatching(/^sha256 /),
        fix: expect.any(String),
        repairable: false,
      },
    ]);
  });

  it('for a person: what is wrong, what was seen and wanted, and the fix', async () => {
    await seal();
    await tree.put('/usr/lib/systemd/system/tool.service.d/99-more.conf', '[Service]\nRestart=no\n');
    const { status, stdout } = await inTree('validate', '--quick');
    expect(status).toBe(5);
    expect(stdout).toContain('[-] tool-unit: unexpected (drop-in-undeclared)');
    expect(stdout).toContain('observed  /usr/lib/systemd/system/tool.service.d/99-more.conf');
    expect(stdout).toContain('fix       read /usr/lib/systemd/system/tool.service.d/99-more.conf');
    expect(stdout).toContain('Components do not match.');
  });

  it.each<[string, () => unknown, string]>([
    ['no manifest', () => rmSync(join(root, 'usr/share/conjurer'), { recursive: true }), 'E_MANIFEST_MISSING'],
    ['no signature', () => rmSync(join(root, signaturePath)), 'E_MANIFEST_UNSIGNED'],
    ['an unknown key', () => rmSync(join(root, trustDirectory, 'builder.pem')), 'E_MANIFEST_KEY_UNKNOWN'],
    ['an altered manifest', () => writeFileSync(join(root, manifestPath), '{}'), 'E_MANIFEST_ALTERED'],
    ['another build', () => writeFileSync(join(root, 'etc/os-release'), 'BUILD_ID=b-1\n'), 'E_MANIFEST_OTHER_BUILD'],
    ['a key directory for everyone', () => chmodSync(join(root, trustDirectory), 0o777), 'E_TRUST_UNSAFE'],
  ])('%s ends with 5', async (_what, spoil, code) => {
    await seal();
    spoil();
    const { status, stdout } = await inTree('validate', '--json');
    expect(status).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code, exitStatus: 5 } });
  });

  it('--repair enables a unit again, says so, and leaves what it cannot mend', async () => {
    await seal();
    const link = join(root, 'etc/systemd/system/multi-user.target.wants/tool.service');
    rmSync(link);
    const { status, stdout } = await inTree('validate', '--repair', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'ok',
      repaired: [{ change: 'unit-tool.service', problem: null }],
    });
    expect(status).toBe(0);
    rmSync(link);
    rmSync(join(root, 'usr/bin/tool'));
    const partly = await inTree('validate', '--repair');
    expect(partly.status).toBe(5);
    expect(partly.stdout).toContain('[+] repaired unit-tool.service');
    expect(partly.stdout).toContain('[-] tool: missing (file-missing)');
  });

  it('--quick and --deep exclude each other', async () => {
    expect(await inTree('validate', '--quick', '--deep')).toMatchObject({ status: 2 });
  });
});

describe('the stage of a run', () => {
  beforeEach(async () => {
    await tree.put('/etc/conjurer/conjurer.yaml', 'edgeName: edge-1\n', 0o600);
    await tree.put('/proc/sys/kernel/random/boot_id', '6f1c1f6e-1df5-4b4f-9d53-4c3f9f5e2b11\n');
  });
  const run = (...more: string[]) => inTree('run', '--only', 'components', ...more);

  it('ends with 5 where a component was altered, says how it is mended, and status.json has it', async () => {
    await seal();
    rmSync(join(root, 'etc/systemd/system/multi-user.target.wants/tool.service'));
    const ended = await run();
    expect(ended.status).toBe(5);
    expect(ended.stderr).toContain('error E_COMPONENTS: 1 component does not match: tool-unit (unit-disabled)');
    expect(ended.stderr).toContain('conjurer validate --repair, then: conjurer run');
    expect(JSON.parse(await tree.read('/run/conjurer/status.json'))).toMatchObject({
      exitStatus: 5,
      lastError: { code: 'E_COMPONENTS' },
    });
    symlinkSync(
      '/usr/lib/systemd/system/tool.service',
      join(root, 'etc/systemd/system/multi-user.target.wants/tool.service'),
    );
    expect(await run()).toMatchObject({ status: 0 });
  });

  it('holds where the machine has no manifest, and says so', async () => {
    const ended = await run();
    expect(ended.status).toBe(0);
    expect(ended.stdout).toContain('this machine has no component manifest, so what it holds was not validated');
  });
});

function spec(change: object): void {
  writeFileSync(join(bench, 'components.yaml'), stringify({ ...componentsSpec, ...change }));
}

async function signed(): Promise<Ended> {
  await create();
  return sign();
}
