import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onRung } from '../binary/build/rung.ts';
import { addresses, families, type Laboratory, openLaboratory } from './laboratory.ts';
import { whyNot } from './namespaces.ts';

const settings = {
  allow: [
    { port: 22, cidrs: [`${addresses.ipv4.admin}/32`, `${addresses.ipv6.admin}/128`] },
    { port: '8443-8444', protocol: 'tcp', cidrs: [`${addresses.ipv4.admin}/32`, `${addresses.ipv6.admin}/128`] },
  ],
};
/** Of the node; 8444 and 9000, which it passes on to the pod; and 30080, the node port of the pod. */
const everyPort = [22, 80, 443, 2379, 6443, 8443, 8444, 9000, 10_250, 30_080];
const restoreProgram = join(import.meta.dirname, '../../systemd/restore-firewall');

/** What is not conjurer's own. */
const foreign = (saved: string) =>
  saved
    .split('\n')
    .filter(line => !line.includes('CONJURER-'))
    .join('\n');

onRung('netns', await whyNot(), () => {
  describe.each(['nft', 'legacy'] as const)('iptables of the variant %s', { timeout: 300_000 }, variant => {
    let lab: Laboratory;
    let before = '';

    beforeAll(async () => {
      lab = await openLaboratory(variant, { kubernetes: true });
      await lab.configure(settings);
      before = await lab.saved();
    });
    afterAll(() => lab.close());

    it.each(families)('finds everything open before there are rules: %s', async family => {
      expect(await lab.openPorts('outside', family, everyPort)).toEqual(everyPort);
      expect(await lab.openPorts('outside', family, [8080], { to: addresses[family].pod })).toEqual([8080]);
    });

    it('sets them, says what it did not prove, and keeps connections that are open', async () => {
      await lab.order('outside', { do: 'hold', name: 'ssh4', to: addresses.ipv4.node, port: 22 });
      await lab.order('outside', { do: 'hold', name: 'ssh6', to: addresses.ipv6.node, port: 22 });

      const ran = await lab.conjurer('run', '--only', 'firewall');

      expect(ran.status).toBe(0);
      expect(ran.stdout).toContain('not proved: that the Controller can be reached');
      expect(ran.stdout).toContain('not proved: that the rules come back after a restart');
      for (const name of ['ssh4', 'ssh6']) {
        expect(await lab.order('outside', { do: 'echo', name, ms: 10_000 }), name).toBe(true);
      }
    });

    it.each(families)('lets in 80 and 443 from outside and nothing else: %s', async family => {
      expect(await lab.openPorts('outside', family, everyPort)).toEqual([80, 443]);
    });

    it.each(families)('lets in the configured ports from the configured networks: %s', async family => {
      const from = addresses[family].admin;
      expect(await lab.openPorts('outside', family, everyPort, { from })).toEqual([22, 80, 443, 8443, 8444]);
    });

    it.each(families)('passes nothing on to a pod by its own address, whoever knows the way: %s', async family => {
      for (const from of [addresses[family].outside, addresses[family].admin]) {
        expect(await lab.openPorts('outside', family, [8080], { to: addresses[family].pod, from })).toEqual([]);
      }
    });

    it.each(families)('leaves pods alone: %s', async family => {
      expect(await lab.openPorts('pod', family, [7000], { to: addresses[family].outside })).toEqual([7000]);
      expect(await lab.openPorts('pod', family, [443], { to: addresses[family].service })).toEqual([443]);
      expect(await lab.openPorts('pod', family, [6443, 10_250])).toEqual([6443, 10_250]);
    });

    it.each([
      ['DHCP', 67, addresses.ipv4.node, 68],
      ['DHCPv6', 547, 'fe80::10%eth0', 546],
    ])('lets in the answers of %s, and nothing else on that port', async (_name, from, to, port) => {
      if (to.startsWith('fe80')) {
        await lab.namespaces.shell('ip addr replace fe80::10/64 dev eth0 nodad');
        // The kernel answers for a new address only after a while, and a datagram is sent once.
        await expect.poll(() => lab.openPorts('outside', 'ipv6', [443], { to }), { timeout: 30_000 }).toEqual([443]);
      }
      for (const [source, arrives] of [
        [from, true],
        [5353, false],
      ] as const) {
        await lab.order('node', { do: 'bind', port, ms: arrives ? 10_000 : 1000 });
        await lab.order('outside', { do: 'send', from: source, to, port });
        expect(await lab.order('node', { do: 'received', port }), `from port ${source}`).toBe(arrives);
      }
    });

    it('lets neighbours find each other again', async () => {
      await lab.namespaces.shell('ip -6 neigh flush dev eth0; ip -n outside -6 neigh flush dev eth0');
      expect(await lab.openPorts('outside', 'ipv6', [443])).toEqual([443]);
    });

    it('changes nothing the second time, and says so', async () => {
      const saved = await lab.saved();
      const plan = await lab.conjurer('plan', '--only', 'firewall');
      const ran = await lab.conjurer('run', '--only', 'firewall');
      expect(plan.stdout).toContain('Nothing to do');
      expect(ran.stdout).toContain('firewall: done, nothing to do');
      expect(await lab.saved()).toBe(saved);
    });

    it('leaves chains of others as they are, byte by byte', async () => {
      expect(foreign(await lab.saved())).toBe(before);
    });

    it('finds that others have flushed INPUT, and heals it', async () => {
      const held = await lab.saved();
      await lab.namespaces.shell('iptables -F INPUT');
      expect(await lab.openPorts('outside', 'ipv4', [6443])).toEqual([6443]);
      const plan = await lab.conjurer('plan', '--only', 'firewall');
      expect(plan.stdout).toContain('+ filter INPUT -i eth0 -j CONJURER-INPUT');
      expect((await lab.conjurer('run', '--only', 'firewall')).status).toBe(0);
      expect(await lab.openPorts('outside', 'ipv4', [6443])).toEqual([]);
      expect(await lab.saved()).toBe(held);
    });

    it('goes in front of a rule that accepts everything', async () => {
      const held = await lab.saved();
      await lab.namespaces.shell('ip6tables -I INPUT -p tcp -j ACCEPT');
      expect(await lab.openPorts('outside', 'ipv6', [6443])).toEqual([6443]);
      expect((await lab.conjurer('run', '--only', 'firewall')).status).toBe(0);
      expect(await lab.openPorts('outside', 'ipv6', [6443])).toEqual([]);
      await lab.namespaces.shell('ip6tables -D INPUT -p tcp -j ACCEPT');
      expect(await lab.saved()).toBe(held);
    });

    it('brings them back at boot without the agent, and changes nothing when it is run again', async () => {
      const held = await lab.saved();
      await lab.namespaces.shell(`
        for tool in iptables ip6tables; do
          $tool -F INPUT; $tool -t mangle -F PREROUTING; $tool -t mangle -F FORWARD
          $tool -F CONJURER-INPUT; $tool -F CONJURER-SESSIONS; $tool -t mangle -F CONJURER-NODEPORT; $tool -t mangle -F CONJURER-FORWARD
          $tool -X CONJURER-INPUT; $tool -X CONJURER-SESSIONS; $tool -t mangle -X CONJURER-NODEPORT; $tool -t mangle -X CONJURER-FORWARD
        done`);
      const rules = (text: string) =>
        text
          .split('\n')
          .filter(line => !line.startsWith(':'))
          .sort();
      const withoutSessions = held.replaceAll(/^-A CONJURER-SESSIONS .*\n/gm, '');
      for (const time of ['first', 'second']) {
        const ran = await lab.namespaces.run([restoreProgram]);
        expect(ran, time).toMatchObject({ status: 0, stderr: '' });
        expect(rules(await lab.saved()), time).toEqual(rules(withoutSessions));
      }
    });

    it('is taken back by revert', async () => {
      const ran = await lab.conjurer('revert', '--yes');
      expect(ran.status).toBe(0);
      expect(await lab.saved()).toBe(before);
      expect(await lab.openPorts('outside', 'ipv4', [6443])).toEqual([6443]);
      expect((await lab.namespaces.run(['ls', '/etc/conjurer/firewall'])).stdout).toBe('');
    });
  });
});
