import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { put, unpackBytes } from '../../support/bundle.ts';
import { type Ended, ran } from '../../support/started.ts';
import { temporaryTree } from '../../support/temporary-tree.ts';

const main = join(import.meta.dirname, '../../../agent/main.ts');
const nobody = 65534;

function conjurer(cwd: string, args: readonly string[], uid?: number): Promise<Ended> {
  return ran(process.execPath, [main, ...args], { cwd, ...(uid === undefined ? {} : { uid }) });
}

async function only(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter(name => name.startsWith('conjurer-bundle-'));
  expect(names).toHaveLength(1);
  return join(folder, names[0] ?? '');
}

/** Of everything that a file system says of a tree, as long as nobody writes to it. */
function fingerprintOf(tree: string): string {
  const listed = execFileSync('find', [tree, '-printf', '%P %m %U %s %T@ %y\\n'], { encoding: 'utf8' });
  return createHash('sha256').update(listed.split('\n').toSorted().join('\n')).digest('hex');
}

describe('this machine', () => {
  it('is bundled as root and as nobody, who says what could not be seen', async () => {
    const folder = await temporaryTree();
    await chmod(folder, 0o777);
    const made = await conjurer(folder, ['bundle', '--plaintext', '--json'], nobody);
    expect([0, 6]).toContain(made.status);
    expect(made.stderr).toBe('');
    const file = await only(folder);
    const info = await stat(file);
    expect({ mode: info.mode & 0o777, uid: info.uid }).toEqual({ mode: 0o600, uid: nobody });
    const { manifest, names, entry, text } = await unpackBytes(await readFile(file));
    expect(manifest.privileged).toBe(false);
    expect(names).toContain('report.html');
    expect(entry('meminfo')).toMatchObject({ outcome: 'ok', source: '/proc/meminfo' });
    expect(text('memory/meminfo.txt')).toContain('MemTotal');
    const missing = JSON.parse(made.stdout).missing as { outcome: string; reason: string }[];
    expect(missing.length).toBe(
      manifest.entries.filter(({ outcome }) => ['failed', 'timed-out', 'withheld'].includes(outcome)).length,
    );
    for (const { reason } of missing) expect(reason).not.toBe('');
    expect(made.status).toBe(missing.length > 0 ? 6 : 0);
  });

  it('shows what would be taken, and takes nothing', async () => {
    const folder = await temporaryTree();
    const shown = await conjurer(folder, ['bundle', '--preview']);
    expect(shown).toMatchObject({ status: 0 });
    expect(shown.stdout).toMatch(/^journals +journals\/kubelet\.log\n +journalctl -b -u kubelet$/m);
    const { collectors } = JSON.parse((await conjurer(folder, ['bundle', '--preview', '--json'])).stdout);
    expect(collectors.length).toBeGreaterThan(100);
    expect(new Set(collectors.map(({ id }: { id: string }) => id)).size).toBe(collectors.length);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a disk that is full', () => {
  /** Its own mount namespace, in which a small tmpfs is full to the last byte. */
  const onFullDisk = (folder: string, script: string): Promise<Ended> =>
    ran(
      'unshare',
      [
        ...(process.getuid?.() === 0 ? ['--mount'] : ['--mount', '--map-root-user']),
        'sh',
        '-c',
        `mount -t tmpfs -o size=64k none full && { head -c 1000000 /dev/zero > full/filler; cd full; ${script}; }`,
      ],
      { cwd: folder, env: { PATH: process.env.PATH ?? '', NODE: process.execPath, MAIN: main } },
    );

  it('gets no half of a bundle and names the way out, which needs no disk', async () => {
    const folder = await temporaryTree();
    await mkdir(join(folder, 'full'));
    const filled = await onFullDisk(
      folder,
      '"$NODE" "$MAIN" --root "$PWD" bundle --plaintext; echo "ended $?"; ls -A; "$NODE" "$MAIN" --root "$PWD" bundle --plaintext -o - > ../streamed.tar.gz; echo "ended $?"',
    );
    expect(filled.stdout).toMatch(/ended 75\nfiller\n.*ended [06]\n$/s);
    expect(filled.stderr).toContain('E_HOST_FILE');
    expect(filled.stderr).toContain('conjurer bundle -o - >');
    const { names } = await unpackBytes(await readFile(join(folder, 'streamed.tar.gz')));
    expect(names.at(-1)).toBe('manifest.json');
  });
});

describe('a machine in a directory', () => {
  it('that is read-only and has a configuration that cannot be used is bundled, and nothing in it changes', async () => {
    const tree = await temporaryTree();
    const out = await temporaryTree();
    await put(tree, '/etc/conjurer/conjurer.yaml', 'edgName: x\n', 0o600);
    await put(tree, '/etc/os-release', 'ID=ubuntu\n');
    const before = fingerprintOf(tree);
    const script = `mount --bind "${tree}" "${tree}" && mount -o remount,ro,bind "${tree}" && exec "${process.execPath}" "${main}" --root "${tree}" bundle --plaintext -o "${out}"`;
    const made = await ran(
      'unshare',
      [...(process.getuid?.() === 0 ? ['--mount'] : ['--mount', '--map-root-user']), 'sh', '-c', script],
      {
        env: { PATH: process.env.PATH ?? '' },
      },
    );
    expect([0, 6]).toContain(made.status);
    expect(fingerprintOf(tree)).toBe(before);
    const { text, manifest } = await unpackBytes(await readFile(await only(out)));
    expect(manifest.root).toBe(tree);
    expect(JSON.parse(text('conjurer/settings.json')).problem).toContain('E_CONFIG_INVALID');
    expect(text('conjurer/conjurer.yaml')).toBe('edgName: "<omitted: 1 bytes>"\n');
  });

  it('is never written over: a file or a link in the way is left alone', async () => {
    const out = await temporaryTree();
    const tree = await temporaryTree();
    await writeFile(join(out, 'there'), 'precious');
    const made = await conjurer(out, ['--root', tree, 'bundle', '--plaintext', '-o', 'there']);
    expect(made.status).toBe(75);
    expect(await readFile(join(out, 'there'), 'utf8')).toBe('precious');
  });
});

it.each([
  [['bundle', 'destroy'], 'bundle cannot destroy'],
  [['bundle', 'verify'], 'needs a file'],
  [['bundle', 'verify', '/no/such/file'], 'there is no file'],
  [['bundle', 'verify', main], 'is no bundle'],
  [['bundle', 'verify', main], 'incorrect header check'],
  [['bundle', '--since', 'tomorrow'], '--since is no time'],
  [['bundle', '--identity', 'x'], '--identity goes with'],
  [['bundle', 'inspect', 'x', '--plaintext'], '--plaintext goes with'],
  [['bundle', '--plaintext', '--recipient', 'age1x'], 'exclude each other'],
])('%j is refused: %s', async (args, said) => {
  const { status, stderr } = await conjurer('/', args);
  expect([2, 5]).toContain(status);
  expect(stderr).toContain(said);
});
