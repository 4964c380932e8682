import { describe, expect, test } from 'vitest';
import type { NetworkChange } from '../../../../bootstrap/change.ts';
import { networkChange } from '../../../../bootstrap/changes/network.ts';
import { AgentError } from '../../../../bootstrap/errors.ts';
import type { Facts } from '../../../../bootstrap/facts/facts.ts';
import type { Host } from '../../../../bootstrap/host/host.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { checkNetwork } from '../../../../bootstrap/network/check.ts';
import { missingFrom } from '../../../../bootstrap/network/live.ts';
import { NetworkSettings } from '../../../../bootstrap/network/settings.ts';
import { wantedNetwork } from '../../../../bootstrap/network/wanted.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

const mac = '52:54:00:aa:bb:cc';
const nic: Facts['nics'][number] = {
  name: 'ens192',
  mac,
  addresses: [],
  mtu: 1500,
  speedMbps: null,
  driver: null,
  carrier: true,
  kind: 'physical',
  master: null,
  uplink: true,
};
const settings = (given: unknown) => NetworkSettings.parse(given);
const ofCloudInit = `network: {version: 2, ethernets: {ens192: {dhcp4: true}}}\n`;
const ofOthers = 'network: {version: 2, ethernets: {ens224: {dhcp4: true}}}\n';
const never = new AbortController().signal;

async function machine(files: Readonly<Record<string, string>>): Promise<Host> {
  const host = localHost({ root: await temporaryTree() });
  for (const [path, text] of Object.entries(files)) await host.files.write(path, text, 0o600);
  return host;
}

async function wanted(host: Host, given: unknown): Promise<NetworkChange> {
  const change = await wantedNetwork(host, settings(given), 'netplan', [nic]);
  if (change === null) throw new Error('nothing is wanted');
  return change;
}

describe('what is there before', () => {
  const there = {
    '/etc/netplan/50-cloud-init.yaml': ofCloudInit,
    '/etc/netplan/90-others.yaml': ofOthers,
    '/etc/cloud/cloud.cfg.d/05_logging.cfg': '\n',
  };

  test.each([
    ['the same name', { ethernets: { ens192: { addresses: ['10.0.0.10/24'] } } }],
    ['the same card by its address', { ethernets: { lan: { match: { macaddress: mac.toUpperCase() } } } }],
  ])('a file that defines %s is moved aside; undo brings all of it back', async (_name, given) => {
    const host = await machine(there);
    const change = await wanted(host, given);
    expect(change.moves.map(({ from }) => from)).toEqual(['/etc/netplan/50-cloud-init.yaml']);
    const [undo] = await networkChange.undo(change, host);
    expect(await networkChange.isDone(change, host)).toBe(false);
    await networkChange.apply(change, host, never);
    expect(await networkChange.isDone(change, host)).toBe(true);
    expect(await host.files.list('/etc/netplan')).toEqual([
      '50-cloud-init.yaml.set-aside-by-conjurer',
      '60-conjurer.yaml',
      '90-others.yaml',
    ]);
    expect(await networkChange.isDone(await wanted(host, given), host)).toBe(true);
    if (undo?.kind !== 'network') throw new Error('the undo is of another kind');
    await networkChange.apply(undo, host, never);
    expect(await networkChange.isDone(undo, host)).toBe(true);
    expect(await host.files.list('/etc/netplan')).toEqual(['50-cloud-init.yaml', '90-others.yaml']);
    expect(await host.files.readText('/etc/netplan/50-cloud-init.yaml')).toBe(ofCloudInit);
    expect(await host.files.list('/etc/cloud/cloud.cfg.d')).toEqual(['05_logging.cfg']);
  });

  test('nothing configured leaves the network alone', async () => {
    expect(await wantedNetwork(await machine(there), settings({ hostname: 'edge-001' }), 'netplan', [nic])).toBeNull();
  });

  test('a bond of an earlier configuration of ours is gone with it', async () => {
    const bond = { interfaces: ['ens192'] };
    const host = await machine(there);
    await networkChange.apply(await wanted(host, { ethernets: { ens192: {} }, bonds: { bond0: bond } }), host, never);
    expect((await wanted(host, { ethernets: { ens192: {} } })).gone).toEqual(['bond0']);
  });
});

describe('what no single key shows', () => {
  test.each([
    ['a name twice', { ethernets: { a: {} }, bridges: { a: {} } }, 'a is defined twice'],
    ['an unknown member', { bonds: { b: { interfaces: ['x'] } } }, 'network.bonds.b uses x, which is not defined'],
    ['an unknown link', { vlans: { v: { id: 5, link: 'x' } } }, 'network.vlans.v uses x, which is not defined'],
    [
      'two masters',
      { ethernets: { a: {} }, bonds: { b: { interfaces: ['a'] } }, bridges: { c: { interfaces: ['a'] } } },
      'a is a member of b and c',
    ],
    ['a name without a card', { ethernets: { a: { 'set-name': 'lan' } } }, 'a has set-name without match'],
  ])('%s is refused', (_name, given, message) => {
    const check = () => checkNetwork(settings(given));
    expect(check).toThrow(AgentError);
    expect(check).toThrow(message);
  });
});

test('what interfaces do not show is said; forms of the same address are the same', () => {
  const links = new Map([['a', { mac, mtu: 1500, addresses: ['10.0.0.10/24', '2001:db8::1/64'] }]]);
  const live = { links, routes: [{ destination: '10.7.0.0/16', gateway: null, interface: 'a' }] };
  const link = { name: 'a', virtual: false, mtu: 1500, addresses: ['2001:DB8:0::1/64'], routes: ['10.7.9.9/16'] };
  expect(missingFrom(live, [link])).toEqual([]);
  expect(
    missingFrom(live, [
      { ...link, mtu: 9000, addresses: ['10.0.0.11/24'], routes: ['::/0'] },
      { ...link, name: 'b' },
    ]),
  ).toEqual([
    'the MTU of a is 1500, not 9000',
    'a has no 10.0.0.11/24',
    'a has no route to ::/0',
    'there is no interface b',
  ]);
});
