import { describe, expect, it } from 'vitest';
import { parseNeighbour } from '../../../../bootstrap/network/gateway.ts';
import { changed, checkOn } from '../../../support/preflight-fixtures/machine.ts';
import { machines } from '../../../support/preflight-fixtures/machines.ts';

const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';
/** As /proc/net/route has it: ens192 is 10.20.0.11/24. */
const onLink = 'ens192\t0000140A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n';
const byFirst = 'ens192\t00000000\t0100140A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n';
const byFirstAgain = 'ens192\t00000000\tFE00140A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n';
const bySecond = 'ens224\t00000000\t0100A8C0\t0003\t0\t0\t200\t00000000\t0\t0\t0\n';

const links = (...more: object[]) =>
  JSON.stringify([
    { ifname: 'ens192', mtu: 1500, addr_info: [{ family: 'inet', local: '10.20.0.11', prefixlen: 24 }] },
    ...more,
  ]);
const ens224 = { ifname: 'ens224', mtu: 1500, addr_info: [{ family: 'inet', local: '192.168.0.9', prefixlen: 24 }] };

/** Ubuntu 18.04 on VMware with these routes; who answers is said by the gateway. */
function routed(routes: string, answering: readonly string[], ip = links()) {
  const neighbours = (gateway: string) =>
    answering.includes(gateway) ? `${gateway} lladdr 00:50:56:9c:00:01 REACHABLE \n` : `${gateway}  FAILED\n`;
  return changed(machines['ubuntu-18.04'], {
    files: { '/proc/net/route': head + onLink + routes, '/sys/class/net/ens224/carrier': '1\n' },
    answers: {
      'ip -j address show': { stdout: ip },
      ping: { status: 1 },
      ...Object.fromEntries(
        ['10.20.0.1', '10.20.0.254', '192.168.0.1'].map(gateway => [
          `ip neighbour show to ${gateway}`,
          { stdout: neighbours(gateway) },
        ]),
      ),
    },
  });
}

describe('default-route', () => {
  it('one that answers passes, also where it answers no pings', async () => {
    const one = await checkOn('default-route', routed(byFirst, ['10.20.0.1']));
    expect(one).toMatchObject({ status: 'pass', observed: 'default via 10.20.0.1 on ens192 metric 100' });
  });

  it('none, and why that ends it', async () => {
    const none = await checkOn('default-route', routed('', []));
    expect(none).toMatchObject({ status: 'fail', observed: 'there is no default route' });
    expect(none.fix).toContain('ip route');
  });

  it('a gateway that nobody is behind', async () => {
    const dead = await checkOn('default-route', routed(byFirst, []));
    expect(dead).toMatchObject({ status: 'fail' });
    expect(dead.observed).toBe('default via 10.20.0.1 on ens192 metric 100: its gateway does not answer');
  });

  it('a second one that is worse is no failure, and a dead one beside a good one neither', async () => {
    const two = routed(byFirst + bySecond, ['10.20.0.1', '192.168.0.1'], links(ens224));
    expect((await checkOn('default-route', two)).status).toBe('pass');
    const oneDead = routed(byFirst + bySecond, ['192.168.0.1'], links(ens224));
    expect((await checkOn('default-route', oneDead)).observed).toContain('on ens192 metric 100: its gateway');
    expect((await checkOn('default-route', oneDead)).status).toBe('pass');
  });

  it('two that are equally good are one too many', async () => {
    const equal = await checkOn('default-route', routed(byFirst + byFirstAgain, ['10.20.0.1', '10.20.0.254']));
    expect(equal.status).toBe('fail');
    expect(equal.observed).toContain('two default routes are equally good');
    expect(equal.fix).toContain('higher metric');
  });

  it('an interface without a link, or without an address, is no way out', async () => {
    const unplugged = changed(routed(byFirst, ['10.20.0.1']), {
      files: { '/sys/devices/pci0000:00/0000:00:16.0/0000:0b:00.0/net/ens192/carrier': '0\n' },
    });
    expect((await checkOn('default-route', unplugged)).observed).toContain('ens192 has no link');
    const bare = routed(byFirst, ['10.20.0.1'], JSON.stringify([{ ifname: 'ens192', addr_info: [] }]));
    expect((await checkOn('default-route', bare)).observed).toContain('ens192 has no address');
  });

  it('who may not ask the gateway does not call it dead', async () => {
    const refused = { ping: { status: 2, stderr: 'ping: socktype: SOCK_RAW' }, 'ip neighbour show to 10.20.0.1': {} };
    expect((await checkOn('default-route', changed(routed(byFirst, []), { answers: refused }))).status).toBe('pass');
  });

  it.each([
    ['192.0.2.1 lladdr 00:50:56:9c:00:01 router STALE \n', 'STALE'],
    ['192.0.2.1 dev eth0 lladdr 00:50:56:9c:00:01 DELAY\n', 'DELAY'],
    ['192.0.2.1  INCOMPLETE\n', 'INCOMPLETE'],
    ['192.0.2.1 lladdr 0.0.0.0 NOARP \n', 'NOARP'],
    ['', null],
  ])('the neighbour "%s"', (line, state) => {
    expect(parseNeighbour(line)).toBe(state);
  });
});

describe('multiple-default-routes', () => {
  it('names both, with their metrics', async () => {
    const two = await checkOn('multiple-default-routes', routed(byFirst + bySecond, [], links(ens224)));
    expect(two).toMatchObject({
      status: 'warn',
      observed: 'default via 10.20.0.1 on ens192 metric 100; default via 192.168.0.1 on ens224 metric 200',
    });
  });

  it('two gateways on one interface, and one of each family, are no second way', async () => {
    expect((await checkOn('multiple-default-routes', routed(byFirst + byFirstAgain, []))).status).toBe('pass');
    expect((await checkOn('multiple-default-routes', machines['ubuntu-22.04'])).status).toBe('pass');
  });
});

describe('address', () => {
  const on = (...addresses: object[]) =>
    checkOn('address', routed(byFirst, [], JSON.stringify([{ ifname: 'ens192', addr_info: addresses }])));

  it('is one that others can reach', async () => {
    const good = await on({ family: 'inet', local: '10.20.0.11', prefixlen: 24 });
    expect(good).toMatchObject({ status: 'pass', observed: expect.stringContaining('ens192 10.20.0.11/24') });
    expect((await on({ family: 'inet6', local: '2001:db8::5', prefixlen: 64 })).status).toBe('pass');
  });

  it('what a machine gives itself when no DHCP server answers is none', async () => {
    const own = await on({ family: 'inet', local: '169.254.7.9', prefixlen: 16 });
    expect(own.status).toBe('fail');
    expect(own.fix).toContain('the DHCP server gave no address');
    const none = await on();
    expect(none.status).toBe('fail');
    expect(none.fix).toContain('connect the network card');
  });
});
