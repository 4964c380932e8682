import { chmod, chown, rename, rm, symlink, truncate, unlink, utimes, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { Depth, Finding } from '../../../../bootstrap/components/finding.ts';
import type { ValidationReport } from '../../../../bootstrap/components/report.ts';
import { requireOk } from '../../../../bootstrap/components/report.ts';
import { componentsStage } from '../../../../bootstrap/components/stage.ts';
import { validateComponents } from '../../../../bootstrap/components/validate.ts';
import { verifiedPath } from '../../../../bootstrap/components/verified.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { componentsSpec, type ImageTree, makeImageTree, packageStatus } from '../../../support/image-tree.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

const uid = process.getuid?.() ?? 0;
const progress = { expect: () => undefined, read: () => undefined };
const around = { builtInKeys: [], uid, background: false, progress, signal: new AbortController().signal };

async function sealed(): Promise<ImageTree> {
  const tree = await makeImageTree(await temporaryTree());
  await tree.seal();
  // What changed within one tick of the kernel's clock is not taken as known.
  await new Promise(resolve => setTimeout(resolve, 60));
  return tree;
}

async function validate({ root }: ImageTree, depth: Depth | 'as-needed' = 'full'): Promise<ValidationReport> {
  const validation = await validateComponents({ ...around, host: localHost({ root }), depth });
  if (validation === null) throw new Error('no manifest');
  return validation.report;
}

const wrong = ({ findings }: ValidationReport): Finding[] => findings.filter(({ status }) => status !== 'ok');

describe('an image that is as it was made', () => {
  test.each(['quick', 'full', 'deep'] as const)('%s finds nothing wrong, and one line a component', async depth => {
    const report = await validate(await sealed(), depth);
    expect(wrong(report).filter(({ status }) => status !== 'note')).toEqual([]);
    expect(report).toMatchObject({
      verdict: 'ok',
      depth,
      manifest: { image: 'clusterimage-r-v1.3.0', buildId: 'b-7' },
    });
    const named = report.findings.filter(({ status }) => status === 'ok').map(({ component }) => component);
    expect(named).toEqual([
      ...componentsSpec.components.map(({ name }) => name),
      ...componentsSpec.closed.map(({ path }) => path),
    ]);
  });

  test('what the full one has read, the quick one does not read again', async () => {
    const tree = await sealed();
    expect((await validate(tree)).readBytes).toBeGreaterThan(0);
    expect((await validate(tree, 'quick')).readBytes).toBe(0);
    expect((await validate(tree)).readBytes).toBeGreaterThan(0);
  });

  test('as needed: full until this manifest was once found right, and quick from then on', async () => {
    const tree = await sealed();
    await tree.put('/usr/bin/tool', 'other', 0o755);
    expect(await validate(tree, 'as-needed')).toMatchObject({ depth: 'full', verdict: 'failed' });
    await tree.put('/usr/bin/tool', '#!/bin/sh\necho tool version 1.2.3\n', 0o755);
    expect(await validate(tree, 'as-needed')).toMatchObject({ depth: 'full', verdict: 'ok' });
    expect(await validate(tree, 'as-needed')).toMatchObject({ depth: 'quick', verdict: 'ok' });
    await tree.seal(componentsSpec, { buildId: 'b-7', builtAt: '2026-02-01T08:00:00Z' });
    expect(await validate(tree, 'as-needed')).toMatchObject({ depth: 'full', verdict: 'ok' });
  });

  test('a damaged note of what was read costs only time', async () => {
    const tree = await sealed();
    await validate(tree);
    await tree.put(verifiedPath, '{"schema":', 0o600);
    expect(await validate(tree, 'quick')).toMatchObject({ verdict: 'ok' });
  });
});

describe('each way that a component is not as declared is a finding of its own', () => {
  const cases: [string, (tree: ImageTree) => Promise<unknown>, string, string, string][] = [
    ['a flipped byte', tree => flip(tree, '/usr/bin/tool'), 'tool', 'altered', 'digest-mismatch'],
    ['a program that is gone', tree => unlink(tree.at('/usr/bin/tool')), 'tool', 'missing', 'file-missing'],
    ['an emptied program', tree => truncate(tree.at('/usr/bin/tool'), 0), 'tool', 'altered', 'file-empty'],
    ['a cut program', tree => truncate(tree.at('/usr/bin/tool'), 9), 'tool', 'altered', 'size-differs'],
    ['another mode', tree => chmod(tree.at('/usr/bin/tool'), 0o4755), 'tool', 'altered', 'mode-differs'],
    ['another owner', tree => chown(tree.at('/usr/bin/tool'), 12345, 0), 'tool', 'altered', 'owner-differs'],
    ['a link in its place', tree => linkAway(tree, '/usr/bin/tool'), 'tool', 'altered', 'not-a-file'],
    [
      'an edited unit',
      tree => flip(tree, '/usr/lib/systemd/system/tool.service'),
      'tool-unit',
      'altered',
      'digest-mismatch',
    ],
    [
      'a unit that is gone',
      tree => unlink(tree.at('/usr/lib/systemd/system/tool.service')),
      'tool-unit',
      'missing',
      'file-missing',
    ],
    [
      'a unit in /etc that takes its place',
      tree => tree.put('/etc/systemd/system/tool.service', '[Service]\n'),
      'tool-unit',
      'altered',
      'unit-overridden',
    ],
    [
      'a masked unit',
      tree => symlink('/dev/null', tree.at('/etc/systemd/system/tool.service')),
      'tool-unit',
      'altered',
      'unit-masked',
    ],
    [
      'a disabled unit',
      tree => rm(tree.at('/etc/systemd/system/multi-user.target.wants/tool.service')),
      'tool-unit',
      'altered',
      'unit-disabled',
    ],
    [
      'an edited drop-in',
      tree => flip(tree, '/etc/systemd/system/tool.service.d/10-limits.conf'),
      'tool-unit',
      'altered',
      'digest-mismatch',
    ],
    [
      'a drop-in elsewhere',
      tree => tree.put('/usr/lib/systemd/system/tool.service.d/90-more.conf', '[Service]\n'),
      'tool-unit',
      'unexpected',
      'drop-in-undeclared',
    ],
    [
      'a drop-in for all services',
      tree => tree.put('/usr/local/lib/systemd/system/service.d/all.conf', '[Service]\n'),
      'tool-unit',
      'unexpected',
      'drop-in-undeclared',
    ],
    [
      'a drop-in that is linked away',
      tree => linkAway(tree, '/etc/systemd/system/tool.service.d/10-limits.conf'),
      'tool-unit',
      'altered',
      'not-a-file',
    ],
    ['an edited configuration', tree => flip(tree, '/etc/tool/tool.conf'), 'tool-config', 'altered', 'digest-mismatch'],
    ['an edited bundle', tree => flip(tree, '/usr/share/tool/bundle.yaml'), 'bundle', 'altered', 'digest-mismatch'],
    [
      'another package version',
      tree => tree.put('/var/lib/dpkg/status', packageStatus('tool-data', '2.0-2')),
      'data',
      'altered',
      'package-version-differs',
    ],
    [
      'a removed package',
      tree => tree.put('/var/lib/dpkg/status', packageStatus('tool-data', '2.0-1', 'deinstall ok config-files')),
      'data',
      'missing',
      'package-missing',
    ],
    [
      'a package that was never there',
      tree => tree.put('/var/lib/dpkg/status', packageStatus('other', '2.0-1')),
      'data',
      'missing',
      'package-missing',
    ],
    ['no dpkg', tree => unlink(tree.at('/var/lib/dpkg/status')), 'data', 'could-not-tell', 'no-dpkg'],
    [
      'a file in a closed directory',
      tree => tree.put('/etc/tool/more/extra.conf', 'x'),
      '/etc/tool',
      'unexpected',
      'undeclared-file',
    ],
    ['a hidden file in it', tree => tree.put('/etc/tool/.extra', 'x'), '/etc/tool', 'unexpected', 'undeclared-file'],
    [
      'a link in it',
      tree => symlink('/etc/passwd', tree.at('/etc/tool/link')),
      '/etc/tool',
      'unexpected',
      'undeclared-file',
    ],
  ];
  test.each(cases)('%s', async (_what, spoil, component, status, problem) => {
    const tree = await sealed();
    expect(await validate(tree)).toMatchObject({ verdict: 'ok' });
    await spoil(tree);
    const report = await validate(tree, 'quick');
    expect(report.verdict).toBe('failed');
    expect(wrong(report)).toContainEqual(
      expect.objectContaining({ component, status, problem, fix: expect.any(String), observed: expect.any(String) }),
    );
    expect(() => requireOk(report)).toThrow(problem);
    // Nothing else is said to be wrong, but for the closed directory that the drop-in lies in.
    expect(wrong(report).filter(one => one.component !== component && one.kind !== 'closed')).toEqual([]);
  });

  test('a byte flipped with the old times put back: the kernel kept the time of the change', async () => {
    const tree = await sealed();
    await tree.put('/usr/bin/tool', '#!/bin/sh\necho tool version 1.2.3\n', 0o755);
    const then = new Date('2026-01-01T00:00:00Z');
    await utimes(tree.at('/usr/bin/tool'), then, then);
    await new Promise(resolve => setTimeout(resolve, 60));
    expect(await validate(tree)).toMatchObject({ verdict: 'ok' });
    await flip(tree, '/usr/bin/tool');
    await utimes(tree.at('/usr/bin/tool'), then, then);
    expect(wrong(await validate(tree, 'quick'))).toMatchObject([{ component: 'tool', problem: 'digest-mismatch' }]);
  });

  test('what is allowed in a closed directory is no finding', async () => {
    const tree = await sealed();
    await tree.put('/etc/tool/local.conf', 'site = 1\n');
    expect(await validate(tree)).toMatchObject({ verdict: 'ok' });
  });

  test('a bundle that names an image which the image does not hold', async () => {
    const tree = await makeImageTree(await temporaryTree());
    await tree.put('/usr/share/tool/bundle.yaml', 'kind: Pod\nspec:\n  containers:\n    - image: nginx:1.27\n');
    await expect(tree.seal()).rejects.toMatchObject({
      code: 'E_SPEC_INVALID',
      message: 'bundle: image-not-preloaded',
      wanted: 'docker.io/library/nginx:1.27 among the preloaded images',
    });
  });
});

describe('the stage', () => {
  const run = ({ root }: ImageTree, remarks: string[] = []) =>
    componentsStage({ builtInKeys: [], uid, progress: () => progress, remark: text => void remarks.push(text) }).verify(
      {
        host: localHost({ root }),
        outputs: {},
        signal: around.signal,
      },
    );

  test('proves what was verified, full at first and quick afterwards', async () => {
    const tree = await sealed();
    const proved = { manifest: 'verified', image: 'clusterimage-r-v1.3.0', buildId: 'b-7' };
    expect(await run(tree)).toEqual({ ...proved, depth: 'full' });
    expect(await run(tree)).toEqual({ ...proved, depth: 'quick' });
  });

  test('fails with status 5, what is wrong, and the way to mend it', async () => {
    const tree = await sealed();
    await rm(tree.at('/etc/systemd/system/multi-user.target.wants/tool.service'));
    await expect(run(tree)).rejects.toMatchObject({
      code: 'E_COMPONENTS',
      exitStatus: 5,
      message: '1 component does not match: tool-unit (unit-disabled)',
      next: 'conjurer validate --repair, then: conjurer run',
    });
  });

  test('holds on a machine without a manifest, and says so', async () => {
    const remarks: string[] = [];
    expect(await run(await makeImageTree(await temporaryTree()), remarks)).toEqual({ manifest: 'absent' });
    expect(remarks).toEqual(['this machine has no component manifest, so what it holds was not validated']);
  });

  test('does not take a machine for one without a manifest once it had one', async () => {
    const tree = await sealed();
    await run(tree);
    await rm(tree.at('/usr/share/conjurer'), { recursive: true });
    await expect(run(tree)).rejects.toMatchObject({ code: 'E_MANIFEST_MISSING', exitStatus: 5 });
  });
});

test('a stop ends the validation with its reason', async () => {
  const tree = await sealed();
  const stopped = new Error('stopped');
  const options = {
    ...around,
    host: localHost({ root: tree.root }),
    depth: 'full',
    signal: AbortSignal.abort(stopped),
  } as const;
  await expect(validateComponents(options)).rejects.toBe(stopped);
});

/** Same size, another last byte but one. */
async function flip(tree: ImageTree, path: string): Promise<void> {
  const bytes = Buffer.from(await tree.read(path));
  bytes[bytes.length - 2] = (bytes.at(-2) ?? 0) ^ 1;
  await writeFile(tree.at(path), bytes);
}

async function linkAway(tree: ImageTree, path: string): Promise<void> {
  await rename(tree.at(path), tree.at('/elsewhere'));
  await symlink('/elsewhere', tree.at(path));
}
