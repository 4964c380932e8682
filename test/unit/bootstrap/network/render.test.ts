import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderNetplan } from '../../../../bootstrap/network/netplan.ts';
import { renderNetworkd } from '../../../../bootstrap/network/networkd.ts';
import { NetworkSettings } from '../../../../bootstrap/network/settings.ts';
import { onRung } from '../../../binary/build/rung.ts';

const settings: Readonly<Record<string, unknown>> = {
  'static addresses of both families, routes, DNS, MTU': {
    ethernets: {
      ens192: {
        addresses: ['10.0.0.10/24', '2001:db8::10/64'],
        mtu: 1400,
        nameservers: { addresses: ['10.0.0.2', '2001:db8::2'], search: ['lab.example', 'example.com'] },
        routes: [
          { to: '0.0.0.0/0', via: '10.0.0.1' },
          { to: '::/0', via: '2001:db8::1', metric: 50 },
          { to: '10.7.0.0/16', via: '10.0.9.3', 'on-link': true },
        ],
      },
    },
  },
  'DHCP of either and of both families, without router advertisements, optional': {
    ethernets: {
      eth0: { dhcp4: true },
      eth1: { dhcp6: true, 'accept-ra': false },
      eth2: { dhcp4: true, dhcp6: true, optional: true },
    },
  },
  'a card by its address, with and without a new name': {
    ethernets: {
      lan: { match: { macaddress: '52:54:00:aa:bb:cc' }, 'set-name': 'lan', dhcp4: true },
      other: { match: { macaddress: '52:54:00:aa:bb:cd' }, addresses: ['10.2.0.2/24'] },
    },
  },
  'a bond with a VLAN on it, and a bridge on a bond': {
    ethernets: { eth1: {}, eth2: {}, eth3: {} },
    bonds: {
      bond0: {
        interfaces: ['eth1', 'eth2'],
        parameters: {
          mode: '802.3ad',
          'lacp-rate': 'fast',
          'mii-monitor-interval': 100,
          'transmit-hash-policy': 'layer3+4',
        },
        dhcp4: true,
        mtu: 9000,
      },
      bond1: { interfaces: ['eth3'], parameters: { mode: 'active-backup', primary: 'eth3' } },
    },
    vlans: { 'bond0.100': { id: 100, link: 'bond0', addresses: ['10.1.0.10/24'] } },
    bridges: { br0: { interfaces: ['bond1'], parameters: { stp: false, 'forward-delay': 4 }, dhcp6: true } },
  },
};

const obstacle = existsSync('/usr/sbin/netplan') ? null : 'netplan.io is not installed';

describe.each(Object.entries(settings))('%s', (_name, given) => {
  const wanted = NetworkSettings.parse(given);

  test('for netplan', () => {
    expect(renderNetplan(wanted)).toMatchSnapshot();
  });

  test('for systemd-networkd', () => {
    expect(renderNetworkd(wanted)).toMatchSnapshot();
  });

  onRung('against netplan itself', obstacle, () => {
    let root: string;
    beforeAll(() => {
      root = mkdtempSync(join(tmpdir(), 'conjurer-netplan-'));
      mkdirSync(join(root, 'etc/netplan'), { recursive: true });
      writeFileSync(join(root, 'etc/netplan/60-conjurer.yaml'), renderNetplan(wanted), { mode: 0o600 });
    });
    afterAll(() => rmSync(root, { recursive: true }));

    test('netplan takes it, and makes of it what is written for systemd-networkd directly', () => {
      const made = spawnSync('netplan', ['generate', '--root-dir', root], { encoding: 'utf8' });
      expect(made).toMatchObject({ status: 0, stderr: '' });
      const folder = join(root, 'run/systemd/network');
      const theirs = Object.fromEntries(
        readdirSync(folder).map(name => [name.replace('10-netplan-', ''), readFileSync(join(folder, name), 'utf8')]),
      );
      const ours = Object.fromEntries(
        renderNetworkd(wanted).map(({ name, content }) => [name.replace('05-conjurer-', ''), content]),
      );
      expect(comparable(ours)).toEqual(comparable(theirs));
    });
  });
});

test('the comparison with netplan sees one setting that differs', () => {
  expect(comparable({ 'a.network': '[Network]\nDHCP=ipv4\n' })).not.toEqual(
    comparable({ 'a.network': '[Network]\nDHCP=yes\n' }),
  );
});

/**
 * Sections and settings of each file. Left out is what differs on purpose: netplan's files for cards that keep their
 * name, which set MTU and wake-on-LAN early; how a card is told by its address; and yes and no are written in two ways.
 */
function comparable(files: Readonly<Record<string, string>>): Record<string, string[]> {
  const kept = Object.entries(files).filter(([name, text]) => !name.endsWith('.link') || text.includes('\nName='));
  return Object.fromEntries(kept.map(([name, text]) => [name, settingsOf(text)]));
}

function settingsOf(text: string): string[] {
  let section = '';
  const found: string[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      section = line;
      continue;
    }
    if (/^(WakeOnLan|Type)=/.test(line)) continue;
    const spelled = line
      .replace(/=true$/, '=yes')
      .replace(/=false$/, '=no')
      .replace('PermanentMACAddress', 'MACAddress');
    found.push(`${section} ${spelled}`);
  }
  return found.sort();
}
