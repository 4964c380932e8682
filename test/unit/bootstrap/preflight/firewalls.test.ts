import { describe, expect, it } from 'vitest';
import { changed, checkOn } from '../../../support/preflight-fixtures/machine.ts';
import { machines } from '../../../support/preflight-fixtures/machines.ts';

const ubuntu = machines['ubuntu-22.04'];
const legacyRules = { '/proc/net/ip_tables_names': 'filter\nnat\n' };
const saved = '*filter\n:INPUT ACCEPT [0:0]\n:DOCKER - [0:0]\n-A INPUT -j ACCEPT\n-A DOCKER -j RETURN\nCOMMIT\n';

describe('other firewalls', () => {
  const ufw = changed(ubuntu, { files: { '/etc/ufw/ufw.conf': '# Ubuntu\nENABLED=yes\nLOGLEVEL=low\n' } });
  const firewalld = changed(ubuntu, { files: { '/run/firewalld.pid': '811\n' } });

  it.each([
    ['ufw', ufw, 'ENABLED=yes in /etc/ufw/ufw.conf', 'ufw disable'],
    ['firewalld', firewalld, '/run/firewalld.pid', 'systemctl disable --now firewalld'],
  ] as const)('%s that is active blocks', async (id, machine, observed, fix) => {
    expect(await checkOn(id, machine)).toMatchObject({ status: 'fail', observed, fix });
    const left = await checkOn(id, changed(machine, { firewallEnabled: false }));
    expect(left).toMatchObject({ status: 'warn', observed: expect.stringContaining('its rules are left alone') });
    expect(await checkOn(id, ubuntu)).toMatchObject({ status: 'pass', observed: `${id} is not active` });
  });

  it('ufw that is only installed is not active', async () => {
    const off = changed(ubuntu, { files: { '/etc/ufw/ufw.conf': 'ENABLED=no\n' } });
    expect((await checkOn('ufw', off)).status).toBe('pass');
  });

  it('fapolicyd is told by its service, or by what it leaves in /run', async () => {
    const unit = { exists: true, enabled: true, active: true, detail: 'active (running)' };
    expect(await checkOn('fapolicyd', changed(ubuntu, { units: { 'fapolicyd.service': unit } }))).toMatchObject({
      status: 'fail',
      observed: 'fapolicyd.service: active (running)',
      fix: 'systemctl disable --now fapolicyd.service',
    });
    const byHand = changed(ubuntu, { files: { '/run/fapolicyd/fapolicyd.fifo': '' } });
    expect((await checkOn('fapolicyd', byHand)).observed).toBe('/run/fapolicyd/fapolicyd.fifo');
    expect((await checkOn('fapolicyd', ubuntu)).status).toBe('pass');
  });
});

describe('packet filters', () => {
  const nft = { 'iptables -V': { stdout: 'iptables v1.8.7 (nf_tables)\n' } };
  const old = { 'iptables -V': { stdout: 'iptables v1.6.1\n' } };

  it('rules of the legacy filter beside those of nft are named by their chains', async () => {
    const both = changed(ubuntu, {
      files: legacyRules,
      answers: { ...nft, 'iptables-legacy-save': { stdout: saved } },
    });
    const found = await checkOn('packet-filters', both);
    expect(found).toMatchObject({ status: 'warn', fix: expect.stringContaining('iptables-legacy-save') });
    expect(found.observed).toBe('iptables is the nft one, and the legacy filter holds 2 rules too (DOCKER, INPUT)');
  });

  it('rules of nft beside the iptables of Ubuntu 18.04, which has only the legacy one', async () => {
    const both = changed(machines['ubuntu-18.04'], {
      answers: { ...old, 'iptables-nft-save': { stdout: saved } },
    });
    expect((await checkOn('packet-filters', both)).observed).toContain('iptables is the legacy one, and the nft');
    expect((await checkOn('packet-filters', changed(machines['ubuntu-18.04'], { answers: old }))).status).toBe('pass');
    expect((await checkOn('iptables-variant', changed(ubuntu, { answers: old }))).observed).toBe(
      'iptables 1.6.1 (legacy)',
    );
  });

  it('only root can tell, and without iptables there is nothing to tell', async () => {
    const asNobody = changed(ubuntu, { uid: 65534, answers: nft });
    expect(await checkOn('packet-filters', asNobody)).toMatchObject({ status: 'error' });
    expect((await checkOn('packet-filters', ubuntu)).status).toBe('skip');
    expect((await checkOn('iptables-variant', ubuntu)).status).toBe('warn');
    expect((await checkOn('iptables-variant', changed(ubuntu, { firewallEnabled: false }))).status).toBe('skip');
  });
});
