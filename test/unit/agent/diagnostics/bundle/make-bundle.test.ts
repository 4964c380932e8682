import { createHash } from 'node:crypto';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Collector } from '../../../../../agent/diagnostics/bundle/collector.ts';
import {
  command,
  document,
  documentsIn,
  log,
  logsIn,
  made,
} from '../../../../../agent/diagnostics/bundle/collector.ts';
import { collectors } from '../../../../../agent/diagnostics/bundle/collectors/all.ts';
import { createRedactor } from '../../../../../agent/diagnostics/redaction/create-redactor.ts';
import { bundleOf, put, unpack } from '../../../../support/bundle.ts';
import { temporaryTree } from '../../../../support/temporary-tree.ts';

const row = (id: string, source: Collector['source'], more: Partial<Collector> = {}): Collector => ({
  id,
  group: 'kernel',
  to: `kernel/${id}`,
  source,
  ...more,
});
const salt = Buffer.alloc(16, 7);

describe('collectors that misbehave cost only themselves', () => {
  it('hanging, failing, missing, endless, throwing and never settling ones are recorded', async () => {
    const { entry, text, names } = await unpack(
      await bundleOf('/', [
        row('hangs', command('sh', '-c', 'echo so far; sleep 3600'), { limitMs: 700 }),
        row('fails', command('ls', '/no/such/thing')),
        row('missing', command('no-such-program-at-all')),
        row('endless', command('sh', '-c', 'echo first; yes | head -c 300000000; echo last'), { limitMs: 60_000 }),
        row(
          'throws',
          made('a throw', () => Promise.reject(new Error('it broke'))),
        ),
        row(
          'never',
          made('a promise', () => new Promise(() => undefined)),
          { limitMs: 300 },
        ),
        row('absent', log('/no/such/file')),
        row('answers', command('sh', '-c', 'echo fine; exit 3'), { answers: [0, 3] }),
        row('well', command('echo', 'all is well')),
      ]),
    );
    expect(entry('hangs')).toMatchObject({ outcome: 'timed-out', exitStatus: null });
    expect(text('kernel/hangs')).toBe('so far\n');
    expect(entry('fails')).toMatchObject({
      outcome: 'failed',
      exitStatus: 2,
      reason: expect.stringContaining('status 2'),
    });
    expect(text('kernel/fails')).toContain('No such file');
    expect(entry('missing')).toMatchObject({ outcome: 'not-applicable', bytes: 0, sha256: null });
    expect(entry('endless')).toMatchObject({ outcome: 'ok', truncated: true });
    expect(entry('endless').bytes).toBeLessThan(2.1 * 1024 * 1024);
    expect(text('kernel/endless')).toMatch(/^first\ny\n/);
    expect(text('kernel/endless')).toMatch(/y\nlast\n$/);
    expect(entry('throws')).toMatchObject({ outcome: 'failed', reason: 'Error: it broke' });
    expect(entry('never')).toMatchObject({ outcome: 'timed-out' });
    expect(entry('absent')).toMatchObject({ outcome: 'not-applicable' });
    expect(entry('answers')).toMatchObject({ outcome: 'ok', exitStatus: 3 });
    expect(text('kernel/well')).toBe('all is well\n');
    expect(names.slice(0, 3)).toEqual(['report.html', 'report.json', 'report.txt']);
    expect(names.at(-1)).toBe('manifest.json');
    expect(names.slice(3, -1)).toEqual(names.slice(3, -1).toSorted());
  });

  it('one that waits for room does not hold up those behind it', async () => {
    const { promise: small, resolve } = Promise.withResolvers<string>();
    const limitBytes = 3 * 1024 * 1024;
    const { entry } = await unpack(
      await bundleOf('/', [
        row(
          'large',
          made('what the last one says', () => small),
          { limitBytes, limitMs: 20_000 },
        ),
        row(
          'waits',
          made('a text', async () => 'text\n'),
          { limitBytes },
        ),
        row(
          'small',
          made('a text', async () => {
            resolve('told\n');
            return 'text\n';
          }),
        ),
      ]),
    );
    for (const id of ['large', 'waits', 'small']) expect(entry(id).outcome).toBe('ok');
  });

  it('what there is no more time or space for is named', async () => {
    const slow = ['a', 'b', 'c', 'd', 'e', 'f'].map(id => row(id, command('sleep', '3600'), { limitMs: 3_600_000 }));
    const late = await unpack(await bundleOf('/', slow, { budget: { bytes: 1e9, seconds: 1 } }));
    for (const { id } of slow) expect(late.entry(id)).toMatchObject({ outcome: 'timed-out' });
    const rows = ['a', 'b', 'c'].map(id => row(id, command('head', '-c', '600000', '/dev/zero')));
    const full = await unpack(await bundleOf('/', rows, { budget: { bytes: 1_300_000, seconds: 60 } }));
    expect(rows.map(({ id }) => full.entry(id).outcome)).toEqual(['ok', 'ok', 'failed']);
    expect(full.entry('c').reason).toContain('space');
  });

  it('an interruption is not taken for a bundle', async () => {
    const stop = new AbortController();
    const making = bundleOf('/', [row('a', command('sleep', '3600'))], { signal: stop.signal });
    stop.abort(new Error('stopped'));
    await expect(making).rejects.toThrow('stopped');
  });
});

describe('files', () => {
  it('what a rule of the report finds in a log is in the report, however the log is packed', async () => {
    const tree = await temporaryTree();
    const text = `${'all is well\n'.repeat(100_000)}write /var/lib/etcd: no space left on device\n`;
    await put(tree, '/pods/etcd/0.log', text);
    await put(tree, '/pods/etcd/1.log.gz', gzipSync(text.replace('write', 'sync')));
    await put(tree, '/pods/etcd/2.log', 'all is well\n');
    const unpacked = await unpack(await bundleOf(tree, [row('pods', logsIn('/pods', /log/), { to: 'pods/logs' })]));
    const cited = [...unpacked.text('report.json').matchAll(/"path": "(pods[^"]*)",\s+"line"/g)].map(
      ([, path]) => path,
    );
    expect(cited).toEqual(['pods/logs/etcd/0.log', 'pods/logs/etcd/1.log.gz']);
  });

  it('a log is cut, a document is whole or withheld, a packed log is packed again', async () => {
    const tree = await temporaryTree();
    await put(tree, '/var/log/long', 'line\n'.repeat(100_000));
    await put(tree, '/var/log/pods/a.log.gz', gzipSync('packed line\npassword=hunter2hunter2\n'));
    await put(tree, '/var/log/pods/broken.log.gz', 'this is not gzip');
    await put(tree, '/var/log/pods/bomb.log.gz', gzipSync(Buffer.alloc(50_000_000, 'x\n')));
    const { entry, text, manifest } = await unpack(
      await bundleOf(tree, [
        row('cut', log('/var/log/long'), { limitBytes: 1000 }),
        row('document', document('/var/log/long'), { limitBytes: 1000 }),
        row('tree', logsIn('/var/log/pods', /\.gz$/)),
      ]),
    );
    expect(entry('cut')).toMatchObject({ outcome: 'ok', truncated: true });
    expect(entry('document')).toMatchObject({ outcome: 'withheld', sha256: null });
    expect(text('kernel/tree/a.log.gz')).toMatch(/^packed line\npassword=<redacted:password:[0-9a-f]{8}>\n$/);
    const outcomes = manifest.entries
      .filter(({ collector }) => collector === 'tree')
      .map(({ path, outcome }) => [path, outcome]);
    expect(outcomes).toEqual([
      ['kernel/tree/a.log.gz', 'ok'],
      ['kernel/tree/bomb.log.gz', 'ok'],
      ['kernel/tree/broken.log.gz', 'withheld'],
    ]);
  });

  it('older than --since are left out, and so is what a tree has too much of, by name', async () => {
    const tree = await temporaryTree();
    for (let number = 0; number < 70; number += 1) {
      await put(tree, `/logs/${number}.log`, `${number}\n`);
      await utimes(join(tree, `/logs/${number}.log`), 1_700_000_000 + number, 1_700_000_000 + number);
    }
    const rows = [row('logs', logsIn('/logs', /\.log$/))];
    const all = await unpack(await bundleOf(tree, rows));
    expect(all.names.filter(name => name.startsWith('kernel/logs/'))).toHaveLength(60);
    expect(all.names).not.toContain('kernel/logs/9.log');
    expect(all.manifest.entries.find(({ path }) => path === 'kernel/logs')).toMatchObject({
      truncated: true,
      reason: expect.stringContaining('10 older files'),
    });
    const since = await unpack(await bundleOf(tree, rows, { since: new Date(1_700_000_067_000) }));
    expect(since.names.filter(name => name.startsWith('kernel/logs/'))).toEqual([
      'kernel/logs/67.log',
      'kernel/logs/68.log',
      'kernel/logs/69.log',
    ]);
  });

  it('no name leads out of the folder, and two that become the same are kept apart', async () => {
    const tree = await temporaryTree();
    await put(tree, '/d/a\u001b[31m.yaml', 'one: 1\n');
    await put(tree, '/d/a\u0007[31m.yaml', 'two: 2\n');
    const { names } = await unpack(
      await bundleOf(tree, [
        row('docs', documentsIn('/d', /\.yaml$/)),
        row('up', document('/d/x'), { to: '../../up' }),
      ]),
    );
    expect(names.filter(name => name.startsWith('kernel/docs'))).toEqual([
      'kernel/docs/a__31m.yaml',
      'kernel/docs/a__31m.yaml.2',
    ]);
    expect(names.every(name => /^[\w.][\w./-]*$/.test(name))).toBe(true);
  });
});

describe('a machine in a directory', () => {
  it('two bundles of the same tree and clock are the same bytes', async () => {
    const tree = await temporaryTree();
    await put(tree, '/var/log/conjurer/conjurer.log', '{"level":30,"msg":"started"}\npassword=hunter2hunter2\n');
    await put(tree, '/etc/kubernetes/manifests/etcd.yaml', 'apiVersion: v1\nkind: Pod\n');
    await put(tree, '/etc/machine-id', '0123456789abcdef0123456789abcdef\n');
    const offline = collectors.filter(({ source }) => source.kind !== 'command' && source.kind !== 'journal');
    const once = async () => unpack(await bundleOf(tree, offline, { redactor: createRedactor({ salt }) }));
    const [first, second] = [await once(), await once()];
    expect(first.bytes.equals(second.bytes)).toBe(true);
    await put(tree, '/etc/machine-id', 'f123456789abcdef0123456789abcdef\n');
    expect((await once()).bytes.equals(first.bytes)).toBe(false);
  });

  it('is asked nothing that only a running one can answer, and every entry is what its hash says', async () => {
    const tree = await temporaryTree();
    await put(tree, '/etc/os-release', 'ID=ubuntu\n');
    const { manifest, names, text, bytes, entry } = await unpack(await bundleOf(tree, collectors));
    const asking = collectors.filter(({ source }) => source.kind === 'command' && source.rooted === undefined);
    expect(asking.length).toBeGreaterThan(50);
    for (const { id } of asking) expect([id, entry(id).outcome]).toEqual([id, 'not-applicable']);
    for (const name of names.slice(0, -1)) {
      const sha256 = createHash('sha256').update(text(name)).digest('hex');
      expect(manifest.entries.find(({ path }) => path === name)?.sha256, name).toBe(sha256);
    }
    expect(gunzipSync(bytes).length % 512).toBe(0);
  });
});
