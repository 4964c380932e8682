import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { userData } from '../inputs.ts';
import { failedUnits, statusOf } from '../inside.ts';
import type { Powered } from '../qemu.ts';
import { openSite, type Site } from '../site.ts';
import { openStation, type Station } from '../station.ts';

const controllerName = 'controller.site.example';
const nameServer = '192.0.2.53';
const lan = '192.0.2.20';
const card = '52:54:00:5a:00:03';

let station: Station;
beforeAll(async () => {
  station = await openStation({ addresses: ['192.0.2.1', nameServer], names: { [controllerName]: '10.0.2.2' } });
});
afterAll(() => station.close());

/** What `conjurer.yaml` says of both cards: the one that had its address from DHCP, and the one that had none. */
const network = (mac: string, gateway: string, confirmSeconds: number) => ({
  hostname: 'edge-static',
  confirmSeconds,
  ethernets: {
    way: {
      match: { macaddress: mac },
      addresses: ['10.0.2.77/24'],
      routes: [{ to: '0.0.0.0/0', via: gateway }],
    },
    lan: {
      match: { macaddress: card },
      addresses: [`${lan}/24`],
      nameservers: { addresses: [nameServer], search: ['site.example'] },
    },
  },
});

const handedOff = async (site: Site, powered: Powered) =>
  site.eventually(async () => ((await statusOf(powered))?.state === 'handed-off' ? true : null));

describe('a static network in place of DHCP, over two cards', () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite({ autoApprove: true, hosts: [controllerName] });
  });
  afterAll(() => site.close());

  it('is in force before the machine registers, by a Controller that only its name server knows', async () => {
    const machine = await site.machine('static-network', { station: { mac: card, ports: await station.plug() } });
    const settings = { edgeName: 'edge-static', network: network(machine.mac, '10.0.2.2', 300) };
    machine.insert({ instanceId: 'i-static', userData: userData(site, settings) });
    const powered = await machine.powerOn();
    const node = await site.nodeIn('edge-static', 'ready');
    await handedOff(site, powered);

    expect(station.asked).toContain(controllerName);
    const { facts } = await site.admin.node(node.nodeId);
    expect(facts).toMatchObject({ hostname: 'edge-static', dns: { servers: expect.arrayContaining([nameServer]) } });
    expect(JSON.stringify(facts)).not.toContain('10.0.2.15');
    const addresses = await powered.probe.read('ip -4 -o address show scope global');
    expect(addresses.match(/inet \S+/g)?.sort()).toEqual(['inet 10.0.2.77/24', `inet ${lan}/24`]);
    expect(addresses).not.toContain('dynamic');
    expect(await powered.probe.read('ip -4 route show default')).toMatch(
      /^default via 10\.0\.2\.2 dev \S+ proto static/,
    );
    expect(await powered.probe.read('hostname')).toBe('edge-static\n');
    expect(await powered.probe.read(`getent ahostsv4 ${controllerName}`)).toContain('10.0.2.2');
    expect(await failedUnits(powered)).toEqual([]);
    expect(await powered.probe.run('systemctl is-active conjurer-network-rollback.timer')).toMatchObject({ status: 3 });
    // What stands is what was configured: a further run has nothing to do there.
    expect(await powered.probe.run('conjurer plan --only network')).toMatchObject({ status: 0 });
    expect(await station.knock(card, lan, [22, 443])).toEqual({ 22: 'silence', 443: 'refused' });
  });
});

describe('a static network with a gateway that is not there', () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite({ autoApprove: true });
  });
  afterAll(() => site.close());

  it('is put back, and the machine registers over the network that it had', async () => {
    const machine = await site.machine('wrong-gateway', { station: { mac: card, ports: await station.plug() } });
    const settings = { edgeName: 'edge-gateway', network: network(machine.mac, '10.0.2.222', 30) };
    machine.insert({ instanceId: 'i-gateway', userData: userData(site, settings) });
    const powered = await machine.powerOn();
    await powered.said(/E_NETWORK_NOT_PROVED/);
    const node = await site.nodeIn('edge-gateway', 'ready');

    const addresses = await powered.probe.read('ip -4 -o address show scope global');
    expect(addresses).toContain('inet 10.0.2.15/24');
    expect(addresses).not.toContain('10.0.2.77');
    expect(await powered.probe.read('ip -4 route show default')).toContain('via 10.0.2.2 ');
    expect(JSON.stringify(await site.admin.events(node.nodeId))).toContain('the gateway 10.0.2.222');
  });
});
