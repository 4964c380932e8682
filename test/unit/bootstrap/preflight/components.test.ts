import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../../bootstrap/components/finding.ts';
import { verifiedPath } from '../../../../bootstrap/components/verified.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { componentChecks, judgeComponents } from '../../../../bootstrap/preflight/checks/components.ts';
import { type ContextParts, createContext } from '../../../../bootstrap/preflight/context.ts';
import { runChecks } from '../../../../bootstrap/preflight/run-checks.ts';
import { type ImageTree, makeImageTree } from '../../../support/image-tree.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

async function checked(image: ImageTree) {
  const { signal } = new AbortController();
  const host = localHost({ root: image.root });
  const parts = { host, uid: process.getuid?.() ?? 0, requirements: {}, builtInKeys: [] };
  const context = await createContext({ ...parts, ...unasked } as unknown as ContextParts, signal);
  const [manifest, quick] = await runChecks(componentChecks, context, signal);
  return { manifest, quick };
}

/** Nothing of this is asked by these checks. */
const unasked = { settings: null, outside: null, facts: null };

async function sealedImage(): Promise<ImageTree> {
  const image = await makeImageTree(await temporaryTree());
  await image.seal();
  return image;
}

describe('an image with a manifest', () => {
  it('that is as it was made passes, and nothing is noted down', async () => {
    const image = await sealedImage();
    const { manifest, quick } = await checked(image);
    expect(manifest?.observed).toMatch(/^clusterimage-r-v1\.3\.0, build b-7, signed by /);
    expect(quick).toMatchObject({ status: 'pass' });
    expect(existsSync(join(image.root, verifiedPath))).toBe(false);
  });

  it('that was altered is named with its problem, as far as that is seen without reading', async () => {
    const image = await sealedImage();
    await image.put('/usr/bin/tool', 'another size', 0o755);
    expect((await checked(image)).quick).toMatchObject({
      status: 'fail',
      observed: 'tool (size-differs)',
      fix: expect.stringContaining('conjurer validate'),
    });
  });

  it('that nobody signed fails, and what it says is not believed', async () => {
    const image = await sealedImage();
    await image.put('/usr/share/conjurer/manifest.json', `${await image.read('/usr/share/conjurer/manifest.json')} `);
    const { manifest, quick } = await checked(image);
    expect(manifest).toMatchObject({
      status: 'fail',
      observed: expect.stringContaining('altered after it was signed'),
    });
    expect(quick).toMatchObject({ status: 'skip' });
  });

  it('of another build fails', async () => {
    const image = await sealedImage();
    await image.put('/etc/os-release', 'ID=ubuntu\nVERSION_ID="22.04"\nBUILD_ID=b-8\n');
    expect((await checked(image)).manifest?.observed).toContain('build b-7');
  });
});

it('a machine without a manifest has nothing to compare', async () => {
  const { manifest, quick } = await checked(await makeImageTree(await temporaryTree()));
  expect([manifest?.status, quick?.status]).toEqual(['skip', 'skip']);
});

it('what could only not be told is no failure', () => {
  const told = { kind: 'binary', group: 'os', observed: null, expected: null, fix: null, repairable: false } as const;
  const unread: Finding = { ...told, component: 'tool', status: 'could-not-tell', problem: 'file-unreadable' };
  expect(judgeComponents([unread]).status).toBe('error');
  const gone: Finding = { ...told, component: 'unit', status: 'missing', problem: 'file-missing', repairable: true };
  expect(judgeComponents([unread, gone])).toMatchObject({ status: 'fail', fix: 'conjurer validate --repair' });
});
