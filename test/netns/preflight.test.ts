import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckResult } from '../../bootstrap/preflight/check.ts';
import { onRung } from '../binary/build/rung.ts';
import { sampleCredentials } from '../support/credentials.ts';
import { addresses, type Laboratory, openLaboratory } from './laboratory.ts';
import { whyNot } from './namespaces.ts';

/** Two name servers, at the addresses that the outside has. */
const servers = [addresses.ipv4.outside, addresses.ipv4.admin] as const;
const controller = 'controller.example';

const noPing = ['/usr/bin/ping', '/bin/ping'].some(existsSync) ? null : 'ping is not installed';

onRung('netns', (await whyNot()) ?? noPing, () => {
  describe('preflight on a node with an uplink', { timeout: 300_000 }, () => {
    let lab: Laboratory;

    beforeAll(async () => {
      lab = await openLaboratory('nft', { kubernetes: false });
      const [sample] = await sampleCredentials({ only: ['good'] });
      if (sample === undefined) throw new Error('no sample');
      await lab.configure({});
      await put('/etc/conjurer/passphrase', sample.passphrase, '400');
      await put('/etc/conjurer/credentials.pem', sample.credentials, '400');
      await lab.namespaces.shell('rm -f /etc/resolv.conf');
      await put('/etc/resolv.conf', resolver('options rotate\nsearch wild.example calm.example\n'), '644');
      const names = { '*.wild.example': '198.51.100.9' };
      await lab.order('outside', {
        do: 'name-server',
        address: servers[0],
        names: { ...names, [controller]: '192.0.2.1' },
      });
      await lab.order('outside', { do: 'name-server', address: servers[1], names });
    });
    afterAll(() => lab.close());

    const resolver = (rest: string) => servers.map(server => `nameserver ${server}\n`).join('') + rest;

    async function put(path: string, content: string | Buffer, mode: string): Promise<void> {
      const bytes = Buffer.from(content).toString('base64');
      await lab.namespaces.shell(`umask 077; printf %s '${bytes}' | base64 -d > ${path}; chmod ${mode} ${path}`);
    }

    async function results(): Promise<Map<string, CheckResult>> {
      const { stdout, stderr } = await lab.conjurer('preflight', '--json');
      expect(stderr).toBe('');
      const { checks } = JSON.parse(stdout) as { checks: CheckResult[] };
      return new Map(checks.map(check => [check.id, check]));
    }

    it('names the process that really holds a port, and finds the others free', async () => {
      const found = await results();
      for (const port of ['6443', '2379', '10250']) {
        expect(found.get(`port-${port}`)).toMatchObject({
          status: 'fail',
          observed: expect.stringMatching(new RegExp(`^tcp \\[::\\] port ${port} is held by .*\\(process \\d+`)),
        });
      }
      for (const port of ['2380', '10257', '10259'])
        expect(found.get(`port-${port}`)).toMatchObject({ status: 'pass' });
    });

    it('says which of two name servers knows the Controller, and that a search domain knows everybody', async () => {
      const found = await results();
      expect(found.get('dns-resolves')).toMatchObject({ status: 'pass' });
      expect(found.get('dns-rotate')).toMatchObject({
        status: 'warn',
        observed: `${controller}: ${servers[0]} says 192.0.2.1, ${servers[1]} says that there is no such name`,
      });
      const wildcard = found.get('dns-wildcard');
      expect(wildcard).toMatchObject({ status: 'warn' });
      expect(wildcard?.observed).toContain('*.wild.example is 198.51.100.9');
      expect(wildcard?.observed).not.toContain('calm.example');
    });

    it('a name server that is gone warns, and none that answers ends it', async () => {
      await put('/etc/resolv.conf', `nameserver ${servers[0]}\nnameserver 192.0.2.200\n`, '644');
      expect((await results()).get('dns-resolves')).toMatchObject({ status: 'warn' });
      await put('/etc/resolv.conf', 'nameserver 192.0.2.200\n', '644');
      expect((await results()).get('dns-resolves')).toMatchObject({ status: 'fail' });
      await put('/etc/resolv.conf', resolver(''), '644');
      expect((await results()).get('dns-rotate')).toMatchObject({ status: 'pass', observed: 'no option rotate' });
    });

    it('one way out is asked for its gateway; a second, a dead and a missing one are told apart', async () => {
      const { shell } = lab.namespaces;
      const good = await results();
      expect(good.get('default-route')).toMatchObject({ status: 'pass' });
      expect(good.get('multiple-default-routes')).toMatchObject({ status: 'pass' });
      expect(good.get('address')).toMatchObject({ status: 'pass' });

      await shell('ip route add default via 10.244.0.5 dev cni0 metric 500');
      expect((await results()).get('multiple-default-routes')).toMatchObject({ status: 'warn' });
      await shell(
        'ip route del default via 10.244.0.5; ip -6 route del default; ip route replace default via 192.0.2.99',
      );
      const dead = (await results()).get('default-route');
      expect(dead).toMatchObject({ status: 'fail' });
      expect(dead?.observed).toContain('via 192.0.2.99 on eth0 metric 0: its gateway does not answer');
      await shell('ip route del default');
      expect((await results()).get('default-route')?.observed).toBe('there is no default route');
      await shell('ip route add default via 192.0.2.1; ip -6 route add default via 2001:db8::1');
    });

    it('packets that are as large as the interface says, and are lost on the way', async () => {
      const { shell } = lab.namespaces;
      expect((await results()).get('mtu')).toMatchObject({ status: 'pass' });
      await shell('ip link set eth0 mtu 9000');
      const lost = (await results()).get('mtu');
      await shell('ip link set eth0 mtu 1500');
      expect(lost).toMatchObject({ status: 'warn' });
      expect(lost?.observed).toContain('packets of 9000 bytes do not come through from eth0 to 192.0.2.1');
    });

    it('rules of the other packet filter', async () => {
      const { shell } = lab.namespaces;
      expect((await results()).get('packet-filters')).toMatchObject({ status: 'pass' });
      await shell('iptables-legacy -N FOREIGN; iptables-legacy -A FOREIGN -j RETURN');
      const both = (await results()).get('packet-filters');
      await shell('iptables-legacy -F FOREIGN; iptables-legacy -X FOREIGN');
      expect(both).toMatchObject({ status: 'warn', observed: expect.stringContaining('FOREIGN') });
    });

    it('an address in the network of the pods', async () => {
      const { shell } = lab.namespaces;
      expect((await results()).get('cidr-overlap')).toMatchObject({ status: 'pass' });
      await shell('ip addr add 10.244.9.9/24 dev eth0');
      const overlap = (await results()).get('cidr-overlap');
      await shell('ip addr del 10.244.9.9/24 dev eth0');
      expect(overlap).toMatchObject({ status: 'warn', observed: '10.244.9.9/24 of eth0 overlaps 10.244.0.0/16' });
    });
  });
});
