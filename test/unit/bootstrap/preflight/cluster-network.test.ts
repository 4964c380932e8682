import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { covers, overlaps } from '../../../../bootstrap/firewall/cidr.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { environmentOfUnit } from '../../../../bootstrap/preflight/unit-environment.ts';
import { changed, checkOn, type Machine } from '../../../support/preflight-fixtures/machine.ts';
import { machines } from '../../../support/preflight-fixtures/machines.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

const ubuntu = machines['ubuntu-22.04'];

describe('cidr-overlap', () => {
  const with_ = (clusterCidrs: readonly string[], by: Partial<Machine> = {}) =>
    checkOn('cidr-overlap', changed(ubuntu, { clusterCidrs, ...by }));

  it('the usual networks only warn, configured ones block', async () => {
    const usual = await with_([]);
    expect(usual).toMatchObject({ status: 'warn', observed: '10.99.0.5/24 of eno3 overlaps 10.96.0.0/12' });
    const configured = await with_(['10.244.0.0/16', '10.96.0.0/12']);
    expect(configured).toMatchObject({ status: 'fail', required: '10.244.0.0/16, 10.96.0.0/12' });
    expect(configured.fix).toContain('podSubnet');
  });

  it('a gateway, a name server, a route and a larger network count', async () => {
    expect((await with_(['10.30.0.1/32'])).observed).toContain('the gateway 10.30.0.1');
    expect((await with_(['10.30.0.2/32'])).observed).toContain('the name server 10.30.0.2');
    expect((await with_(['192.168.100.128/25'])).observed).toContain('192.168.100.13/24 of bond0.100');
    expect((await with_(['2001:db8:30::/48'])).status).toBe('fail');
  });

  it('pods and services may not share a network', async () => {
    const shared = await with_(['172.20.0.0/16', '172.20.128.0/20']);
    expect(shared.observed).toBe('172.20.0.0/16 overlaps 172.20.128.0/20, both of the cluster');
  });

  it('on a node the routes to the pods of others are its own; elsewhere they are in the way', async () => {
    const line = (to: string, mask: string) => `eno3\t${to}\t0100630A\t0003\t0\t0\t0\t${mask}\t0\t0\t0\n`;
    const routesOf = (...lines: string[]) => `Iface\tDestination\tGateway\n${lines.join('')}`;
    const [toNode, wider] = [line('0001F40A', '00FFFFFF'), line('0000F40A', '0000FEFF')];
    const onNode = { '/etc/kubernetes/kubelet.conf': '' };
    const found = (routes: string, files: Readonly<Record<string, string>> = {}) =>
      with_(['10.244.0.0/16'], { files: { '/proc/net/route': routes, ...files } });
    expect((await found(routesOf(toNode))).observed).toContain('the route to 10.244.1.0/24 by eno3');
    expect(await found(routesOf(toNode), onNode)).toMatchObject({ status: 'pass' });
    expect((await found(routesOf(toNode, wider), onNode)).observed).toContain('the route to 10.244.0.0/15 by eno3');
  });

  it("the pod network's own interfaces are no overlap", async () => {
    const vmware = changed(machines['ubuntu-18.04'], { clusterCidrs: ['10.244.0.0/16', '10.96.0.0/12'] });
    expect(await checkOn('cidr-overlap', vmware)).toMatchObject({ status: 'pass' });
  });
});

it.each([
  ['10.0.0.0/8', '10.244.0.0/16', true],
  ['10.244.0.0/16', '10.0.0.0/8', true],
  ['10.244.0.0/16', '10.245.0.0/16', false],
  ['0.0.0.0/0', '192.0.2.1', true],
  ['fd00::/8', 'fd12::1/64', true],
  ['fd00::/8', '10.0.0.1', false],
  ['nonsense', '10.0.0.1', false],
])('%s and %s overlap: %s', (one, other, expected) => {
  expect(overlaps(one, other)).toBe(expected);
  expect(overlaps(other, one)).toBe(expected);
});

it('a network covers what is in it, and not what it is in', () => {
  expect(covers('10.0.0.0/8', '10.244.0.0/16')).toBe(true);
  expect(covers('10.244.0.0/16', '10.0.0.0/8')).toBe(false);
});

describe('mtu', () => {
  /** ping answers packets up to so many bytes, headers included; null: never. */
  const path = (largest: number | null, by: Partial<Machine> = {}) => {
    const small = largest === null ? { status: 1 } : { status: 0 };
    const full = (largest ?? 0) >= 9000 ? { status: 0 } : { status: 1, stderr: 'ping: local error: message too long' };
    const ping = 'ping -c 2 -i 0.3 -W 1 -M do -s';
    return checkOn('mtu', changed(ubuntu, { answers: { [`${ping} 32 `]: small, [`${ping} `]: full }, ...by }));
  };

  it('full packets to the gateway come through, or do not', async () => {
    expect(await path(9000)).toMatchObject({ status: 'pass', observed: 'bond0 9000, bond0.100 9000, eno3 1500' });
    const lost = await path(1500);
    expect(lost.status).toBe('warn');
    expect(lost.observed).toContain('packets of 9000 bytes do not come through from bond0 to 10.30.0.1');
  });

  it('a gateway that answers no pings leaves it open', async () => {
    expect(await path(null)).toMatchObject({ status: 'pass', observed: expect.stringContaining('nobody can tell') });
  });

  it('a member of a bond that is smaller than the bond, and less than IPv6 asks for', async () => {
    const nics = JSON.stringify([
      { ifname: 'eno1np0', mtu: 1500, addr_info: [] },
      { ifname: 'bond0', mtu: 9000, addr_info: [] },
    ]);
    const member = await checkOn(
      'mtu',
      changed(ubuntu, {
        files: { '/sys/devices/pci0000:80/0000:80:03.1/0000:81:00.0/net/eno1np0/mtu': '1500\n' },
        answers: { 'ip -j address show': { stdout: nics }, ping: {} },
      }),
    );
    expect(member.status).toBe('warn');
    expect(member.observed).toContain('the MTU of eno1np0 is 1500, and that of bond0, which it carries, 9000');
    const tiny = changed(machines.container, {
      files: { '/sys/class/net/eth0/mtu': '576\n' },
      answers: {
        ping: {},
        'ip -j address show': { stdout: JSON.stringify([{ ifname: 'eth0', mtu: 576, addr_info: [] }]) },
      },
    });
    expect((await checkOn('mtu', tiny)).observed).toBe('the MTU of eth0 is 576');
  });
});

describe('proxy-bypass', () => {
  const dropIn = '/etc/systemd/system/containerd.service.d/http-proxy.conf';
  const secret = 'pa55word';
  const proxied = (noProxy: string, by: Partial<Machine> = {}) =>
    changed(ubuntu, {
      clusterCidrs: ['10.200.0.0/16', '10.201.0.0/16'],
      files: {
        [dropIn]: `[Service]\nEnvironment="HTTPS_PROXY=http://user:${secret}@proxy.example:3128" \\\n  "NO_PROXY=${noProxy}"\n`,
      },
      ...by,
    });

  it('names what NO_PROXY lacks, and never the proxy itself', async () => {
    const found = await checkOn('proxy-bypass', proxied('localhost,10.200.0.0/16'));
    expect(found).toMatchObject({
      status: 'warn',
      observed: 'NO_PROXY of containerd.service lacks 10.201.0.0/16, .svc, .cluster.local',
    });
    expect(JSON.stringify(found)).not.toContain(secret);
  });

  it('a larger network, a bare domain and * cover it', async () => {
    const good = await checkOn('proxy-bypass', proxied('10.0.0.0/8,svc,.cluster.local'));
    expect(good).toMatchObject({ status: 'pass', observed: 'NO_PROXY of containerd.service' });
    expect((await checkOn('proxy-bypass', proxied('*'))).status).toBe('pass');
  });

  it('the shell that kubeadm is run in counts too, and no proxy is no question', async () => {
    const shell = { files: { '/etc/environment': 'PATH="/usr/bin"\nhttp_proxy="http://proxy.example:3128"\n' } };
    expect((await checkOn('proxy-bypass', changed(ubuntu, shell))).observed).toContain('NO_PROXY of /etc/environment');
    expect((await checkOn('proxy-bypass', ubuntu)).status).toBe('skip');
  });
});

it('systemd gives to a unit: defaults, its file, drop-ins by name, files that they name, and a reset', async () => {
  const root = await temporaryTree();
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write('/etc/systemd/system.conf', '[Manager]\nDefaultEnvironment=A=manager "B=of all"\n');
  write('/lib/systemd/system/x.service', '[Service]\nEnvironment=C=vendor D=vendor\n');
  write('/etc/systemd/system/x.service.d/10-a.conf', "[Service]\nEnvironment=\nEnvironment='C=own 100%%'\n");
  write('/usr/lib/systemd/system/x.service.d/20-b.conf', '[Service]\nEnvironmentFile=-/etc/default/x\n');
  write('/etc/default/x', '# comment\nexport E="from file"\nB=overridden\n');
  expect(Object.fromEntries(await environmentOfUnit(localHost({ root }).files, 'x.service'))).toEqual({
    A: 'manager',
    B: 'overridden',
    C: 'own 100%',
    E: 'from file',
  });
});

describe('registry', () => {
  const hosts = '/etc/containerd/certs.d';
  const mirror = `server = "https://registry.k8s.io"
[host."https://mirror.example:5000"]
  capabilities = ["pull", "resolve"]
  ca = "/etc/containerd/mirror.pem"
[host."http://plain.example"]
`;

  it('those that are configured for containerd are asked, mirrors in the place of what they mirror', async () => {
    const asked: unknown[] = [];
    const machine = changed(ubuntu, {
      files: {
        [`${hosts}/registry.k8s.io/hosts.toml`]: mirror,
        [`${hosts}/quay.example/hosts.toml`]: 'server = "https://quay.example"\nskip_verify = true\n',
        [`${hosts}/broken.example/hosts.toml`]: '[[[',
        '/etc/containerd/mirror.pem': 'PEM of the mirror',
      },
      outside: {
        async askRegistry(registry) {
          asked.push(registry);
          return registry.host === 'quay.example'
            ? { observed: `${registry.host} answers`, problem: null }
            : { observed: registry.host, problem: 'ECONNREFUSED' };
        },
      },
    });
    expect(await checkOn('registry', machine)).toMatchObject({
      status: 'warn',
      observed: 'quay.example answers; mirror.example:5000: ECONNREFUSED',
    });
    expect(asked).toEqual([
      { host: 'quay.example', cas: [], verifies: false },
      { host: 'mirror.example:5000', cas: ['PEM of the mirror'], verifies: true },
    ]);
  });
});
