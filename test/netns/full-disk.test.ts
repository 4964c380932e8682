import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { onRung } from '../binary/build/rung.ts';
import { temporaryTree } from '../support/temporary-tree.ts';
import { whyNot } from './namespaces.ts';

const node = join(import.meta.dirname, '../../node_modules/.bin/node');
const probe = join(import.meta.dirname, 'full-disk-probe.ts');
const namespace = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];

onRung('netns', await whyNot(), () => {
  it('a disk that is really short of space, of inodes, or full', async () => {
    const root = await temporaryTree();
    const { stdout } = await promisify(execFile)('unshare', [...namespace, node, probe, root]);
    expect(JSON.parse(stdout)).toMatchObject({
      empty: { status: 'pass', observed: '/: 1.1 GiB free, 99 % of the inodes' },
      short: {
        status: 'fail',
        observed: '/: 1.0 GiB free, 99 % of the inodes',
        fix: expect.stringContaining('du -xh /'),
      },
      crowded: { status: 'fail', observed: '/: 1.1 GiB free, 7 % of the inodes' },
      full: { code: 'E_HOST_FILE', message: expect.stringContaining('the file system is full') },
    });
  });
});
