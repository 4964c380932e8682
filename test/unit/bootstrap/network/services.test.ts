import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { proxyFileKind } from '../../../../bootstrap/changes/proxy-file.ts';
import type { Host } from '../../../../bootstrap/host/host.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { planProxyFiles, proxyText } from '../../../../bootstrap/network/proxy-files.ts';
import { planTimeServers } from '../../../../bootstrap/network/time-servers.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

async function machine(files: Readonly<Record<string, string>>): Promise<Host> {
  const host = localHost({ root: await temporaryTree() });
  for (const [path, text] of Object.entries(files)) await host.files.write(path, text, 0o644);
  return host;
}

describe('time servers', () => {
  const servers = ['10.0.0.1', 'ntp.example'];
  const planned = async (files: Readonly<Record<string, string>>, given = servers) =>
    (await planTimeServers(await machine(files), given))?.map(change =>
      change.kind === 'service-file' ? [change.unit, change.path, change.content] : [],
    );

  test.each([
    ['sourcedir /etc/chrony/sources.d', '/etc/chrony/sources.d/60-conjurer.sources'],
    ['confdir  /etc/chrony/conf.d', '/etc/chrony/conf.d/60-conjurer.conf'],
  ])('chrony with %s gets a drop-in', async (line, path) => {
    expect(await planned({ '/etc/chrony/chrony.conf': `pool a\n${line}\n` })).toEqual([
      ['chrony.service', path, 'server 10.0.0.1 iburst\nserver ntp.example iburst\n'],
    ]);
  });

  test('an old chrony gets a block at the end of its file, once', async () => {
    const first = (await planned({ '/etc/chrony/chrony.conf': 'pool a\n' }))?.[0]?.[2] ?? '';
    expect(first).toBe(
      'pool a\n\n# conjurer: begin\nserver 10.0.0.1 iburst\nserver ntp.example iburst\n# conjurer: end\n',
    );
    expect((await planned({ '/etc/chrony/chrony.conf': first }))?.[0]?.[2]).toBe(first);
  });

  test('else systemd-timesyncd; where that is not there either, nobody; none configured leaves all alone', async () => {
    const unit = { '/usr/lib/systemd/system/systemd-timesyncd.service': '' };
    expect(await planned(unit)).toEqual([
      [
        'systemd-timesyncd.service',
        '/etc/systemd/timesyncd.conf.d/60-conjurer.conf',
        '[Time]\nNTP=10.0.0.1 ntp.example\n',
      ],
    ]);
    expect(await planTimeServers(await machine({}), servers)).toBeNull();
    expect(await planned(unit, [])).toEqual([]);
  });
});

describe('the proxy of the services', () => {
  const proxy = { http: '', https: 'http://me:se%63ret@10.0.0.3:3128', noProxy: ['.lab.example'] };
  const unit = { '/usr/lib/systemd/system/containerd.service': '' };
  const path = '/etc/systemd/system/containerd.service.d/60-conjurer-proxy.conf';
  const never = new AbortController().signal;

  test('is written for those that are there; networks of the cluster never go through it', () => {
    expect(proxyText(proxy, ['10.5.0.0/16'])).toMatchInlineSnapshot(`
      "# Written by conjurer from its configuration; changes here are lost.
      [Service]
      Environment="HTTPS_PROXY=http://me:se%%63ret@10.0.0.3:3128"
      Environment="https_proxy=http://me:se%%63ret@10.0.0.3:3128"
      Environment="NO_PROXY=.lab.example,localhost,127.0.0.0/8,::1,.svc,.cluster.local,10.5.0.0/16"
      Environment="no_proxy=.lab.example,localhost,127.0.0.0/8,::1,.svc,.cluster.local,10.5.0.0/16"
      "
    `);
    expect(proxyText(proxy, [])).toContain(',10.244.0.0/16,10.96.0.0/12"');
  });

  test('stands in the file alone, by its digest in the change; undo takes it away', async () => {
    const host = await machine(unit);
    const [change, ...others] = await planProxyFiles(host, proxy, []);
    expect(others).toEqual([]);
    if (change?.kind !== 'proxy-file') throw new Error('no proxy is planned');
    expect(change.sha256).toBe(createHash('sha256').update(proxyText(proxy, [])).digest('hex'));
    expect(JSON.stringify(change)).not.toContain('ret@');
    const kind = proxyFileKind(async () => proxyText(proxy, []));
    const [undo] = await kind.undo(change, host);
    await kind.apply(change, host, never);
    expect(await kind.isDone(change, host)).toBe(true);
    expect(await host.files.stat(path)).toMatchObject({ mode: 0o600 });
    if (undo?.kind !== 'proxy-file') throw new Error('the undo is of another kind');
    await kind.apply(undo, host, never);
    expect(await host.files.stat(path)).toBeNull();
    const other = proxyFileKind(async () => 'another');
    await expect(other.apply(change, host, never)).rejects.toMatchObject({ code: 'E_CHANGE_DID_NOT_TAKE' });
  });

  test('no proxy any more: the drop-in goes; none before either: nothing is done', async () => {
    expect(await planProxyFiles(await machine(unit), null, [])).toEqual([]);
    const host = await machine({ ...unit, [path]: 'old' });
    expect(await planProxyFiles(host, null, [])).toMatchObject([{ kind: 'proxy-file', path, sha256: null }]);
  });
});
