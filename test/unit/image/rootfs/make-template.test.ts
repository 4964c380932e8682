import { mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTemplate } from '../../../../image/rootfs/make-template.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

async function lived(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await temporaryTree();
  for (const [path, text] of Object.entries({ '/etc/shadow': 'root:$6$a$b:1::::::\n', ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const text = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');

describe('making a template', () => {
  it('leaves nothing of the machine that it was made on', async () => {
    const root = await lived({
      '/etc/machine-id': '0123456789abcdef0123456789abcdef\n',
      '/etc/ssh/ssh_host_rsa_key': 'secret',
      '/etc/ssh/ssh_host_rsa_key.pub': 'public',
      '/etc/ssh/sshd_config': 'kept',
      '/var/lib/systemd/random-seed': 'seed',
      '/var/log/apt/term.log': 'log',
      '/var/log/wtmp': 'logins',
      '/var/lib/apt/lists/partial/x': 'list',
      '/tmp/x': 'x',
    });
    symlinkSync('/nowhere', join(root, 'var/log/README'));
    makeTemplate(root);
    expect(text(root, '/etc/machine-id')).toBe('');
    expect(readdirSync(join(root, 'etc/ssh'))).toEqual(['sshd_config']);
    expect(readdirSync(join(root, 'var/lib/systemd'))).toEqual([]);
    expect(readdirSync(join(root, 'var/log')).sort()).toEqual(['apt', 'wtmp']);
    expect(text(root, '/var/log/wtmp')).toBe('');
    expect([readdirSync(join(root, 'var/lib/apt/lists')), readdirSync(join(root, 'tmp'))]).toEqual([[], []]);
    expect(text(root, '/etc/shadow')).toBe('root:*:1::::::\n');
  });

  it('lets no name server of the builder in', async () => {
    const root = await lived({ '/etc/resolv.conf': 'nameserver 10.0.0.1\n' });
    makeTemplate(root);
    expect(readlinkSync(join(root, 'etc/resolv.conf'))).toBe('../run/systemd/resolve/stub-resolv.conf');
  });

  it('done twice changes nothing', async () => {
    const root = await lived({ '/etc/machine-id': 'x' });
    makeTemplate(root);
    const before = readdirSync(root, { recursive: true }).sort();
    makeTemplate(root);
    expect(readdirSync(root, { recursive: true }).sort()).toEqual(before);
  });
});
