import { execFileSync } from 'node:child_process';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openVolume } from '../../../../bootstrap/host/volume.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

describe('a volume', () => {
  it('is read in parts, and to its end', async () => {
    const root = await temporaryTree();
    await mkdir(join(root, 'dev'));
    await writeFile(join(root, 'dev/image'), 'beginning');
    await truncate(join(root, 'dev/image'), 5000);
    await symlink('/dev/image', join(root, 'dev/sr0'));
    const volume = await openVolume(root, '/dev/sr0');
    expect((await volume?.readAt(5, 4))?.toString()).toBe('ning');
    expect(await volume?.readAt(4096, 4096)).toHaveLength(904);
    expect(await volume?.readAt(8192, 10)).toHaveLength(0);
    await volume?.close();
  });

  it('is none where there is nothing, a directory, or a pipe that nobody writes to', async () => {
    const root = await temporaryTree();
    await mkdir(join(root, 'dev'));
    execFileSync('mkfifo', [join(root, 'dev/sr1')]);
    for (const path of ['/dev/sr0', '/dev', '/dev/sr1']) expect(await openVolume(root, path)).toBeNull();
    expect(await openVolume('/', '/dev/null')).toBeNull();
  });

  it('that cannot be opened says so', async () => {
    const root = await temporaryTree();
    await mkdir(join(root, 'dev'));
    await symlink('/dev/sr0', join(root, 'dev/sr0'));
    await expect(openVolume(root, '/dev/sr0')).rejects.toMatchObject({ code: 'E_HOST_FILE', seen: 'ELOOP' });
  });
});
