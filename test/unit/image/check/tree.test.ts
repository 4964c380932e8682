import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Tree } from '../../../../image/check/tree.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

describe('tree', () => {
  it('follows symlinks inside of it only, absolute ones too', async () => {
    const root = await temporaryTree();
    mkdirSync(join(root, 'usr/lib'), { recursive: true });
    mkdirSync(join(root, 'etc'));
    writeFileSync(join(root, 'usr/lib/os-release'), 'ID=debian\n');
    symlinkSync('../usr/lib/os-release', join(root, 'etc/os-release'));
    symlinkSync('/usr/lib', join(root, 'lib'));
    symlinkSync('/etc/passwd', join(root, 'etc/outside'));
    symlinkSync('../../../../../../etc/passwd', join(root, 'etc/above'));
    symlinkSync('loop', join(root, 'etc/loop'));
    const tree = new Tree(root);
    expect(tree.text('/etc/os-release')).toBe('ID=debian\n');
    expect(tree.text('/lib/os-release')).toBe('ID=debian\n');
    expect([tree.text('/etc/outside'), tree.text('/etc/above'), tree.text('/etc/loop')]).toEqual([null, null, null]);
    expect([tree.has('/etc/outside'), tree.has('/etc/nothing')]).toEqual([true, false]);
  });

  it('lists what is below a directory, links as themselves', async () => {
    const root = await temporaryTree();
    mkdirSync(join(root, 'a/b/c'), { recursive: true });
    writeFileSync(join(root, 'a/b/file'), '');
    symlinkSync('/a', join(root, 'a/b/c/up'));
    expect(new Tree(root).files('/a').map(({ path }) => path)).toEqual(['/a/b/c/up', '/a/b/file']);
    expect(new Tree(root).files('/nothing')).toEqual([]);
  });
});
