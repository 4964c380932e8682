import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CheckResult } from '../../bootstrap/preflight/check.ts';
import { ran } from '../support/started.ts';
import { temporaryTree } from '../support/temporary-tree.ts';

const main = join(import.meta.dirname, '../../agent/main.ts');
const isRoot = process.getuid?.() === 0;
/** A user that owns nothing; whoever is not root already is as good. */
const somebody = isRoot ? { uid: 65534 } : {};
const least = '0000';

async function preflightAsNobody(...args: string[]) {
  const { status, stdout, stderr } = await ran(process.execPath, [main, ...args, 'preflight', '--json'], {
    cwd: '/',
    ...somebody,
  });
  expect(stderr).toBe('');
  const { checks } = JSON.parse(stdout) as { checks: CheckResult[] };
  return { status, of: new Map(checks.map(check => [check.id, check])) };
}

describe('preflight by a user who is not root', { timeout: 120_000 }, () => {
  it('tells of what it may not read that it could not tell, and not that it is wrong', async () => {
    const tree = await temporaryTree();
    await chmod(tree, 0o755);
    const put = async (path: string, text: string, mode: string) => {
      await mkdir(join(tree, dirname(path)), { recursive: true });
      await writeFile(join(tree, path), text);
      await chmod(join(tree, path), Number.parseInt(mode, 8));
    };
    await put('/etc/os-release', 'ID=debian\nVERSION_ID="12"\n', '644');
    await put('/etc/conjurer/conjurer.yaml', 'edgeName: edge-1\n', least);
    await put('/etc/conjurer/passphrase', 'a passphrase, no secret', least);
    await put('/etc/conjurer/credentials.pem', 'credentials', least);
    await put('/var/lib/conjurer/node.json', '{}', '600');
    await chmod(join(tree, '/var/lib/conjurer'), 0);

    const { status, of } = await preflightAsNobody('--root', tree);
    await chmod(join(tree, '/var/lib/conjurer'), 0o700);
    for (const id of ['config', 'edge-name', 'credentials']) {
      expect(of.get(id)).toMatchObject({ status: 'error', observed: expect.stringContaining('only root may read') });
    }
    expect(of.get('supported-release')).toMatchObject({ status: 'pass' });
    expect(of.get('proxy-bypass')).toMatchObject({ status: 'skip', observed: expect.stringContaining('no proxy') });
    expect(of.get('controller-tcp')).toMatchObject({
      status: 'skip',
      observed: 'not tried, since credentials cannot be read',
    });
    expect([...of.values()].filter(one => one.status === 'fail').map(({ id }) => id)).toEqual([]);
    expect([0, 4]).toContain(status);
  });

  it('sees ports, routes and name servers of this machine, and says what only root can see', async () => {
    const { of } = await preflightAsNobody();
    expect(of.get('root')).toMatchObject({ status: 'fail', fix: 'sudo conjurer preflight' });
    for (const id of ['port-2380', 'port-10257', 'port-10259']) expect(['pass', 'fail']).toContain(of.get(id)?.status);
    for (const id of ['default-route', 'address', 'ufw', 'firewalld']) expect(of.get(id)?.status).not.toBe('error');
    const filters = of.get('packet-filters');
    if (filters?.status !== 'skip') expect(filters?.observed).toContain('only root may read the rules');
    const runtime = of.get('container-runtime');
    if (runtime?.status === 'error') expect(runtime.observed).toContain('only root may ask');
    const bugs = [...of.values()].filter(({ observed }) => observed?.includes('has a bug'));
    expect(bugs).toEqual([]);
  });
});
