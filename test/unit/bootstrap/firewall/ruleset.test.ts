import { expect, it } from 'vitest';
import { rulesFile } from '../../../../bootstrap/firewall/restore-input.ts';
import { noRuleset, roleOf, rulesetOf } from '../../../../bootstrap/firewall/ruleset.ts';
import type { FirewallSettings } from '../../../../bootstrap/firewall/settings.ts';

const usual: FirewallSettings = {
  enabled: true,
  uplinks: 'auto',
  tcp: [80, 443],
  allow: [],
  peers: [],
  nodePorts: { range: '30000-32767', open: false },
};

const rules = (settings: Partial<FirewallSettings>, uplinks = ['ens192']) =>
  rulesetOf({ ...usual, ...settings }, { uplinks, role: roleOf({ ...usual, ...settings }), hasIpv6: true });
const file = (settings: Partial<FirewallSettings>, family: 'ipv4' | 'ipv6' = 'ipv4', uplinks?: string[]) =>
  rulesFile(rules(settings, uplinks)[family] ?? []);

it('lets in 80 and 443 on the uplinks, and nothing else', () => {
  expect(file({}, 'ipv4', ['ens224', 'bond0'])).toMatchInlineSnapshot(`
    "# Written by conjurer from the section firewall of conjurer.yaml. Change it there.
    # jump filter INPUT bond0 CONJURER-INPUT
    # jump filter INPUT ens224 CONJURER-INPUT
    # jump mangle PREROUTING bond0 CONJURER-NODEPORT
    # jump mangle PREROUTING ens224 CONJURER-NODEPORT
    # jump mangle FORWARD bond0 CONJURER-FORWARD
    # jump mangle FORWARD ens224 CONJURER-FORWARD
    *filter
    :CONJURER-INPUT - [0:0]
    :CONJURER-SESSIONS - [0:0]
    -A CONJURER-INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    -A CONJURER-INPUT -j CONJURER-SESSIONS
    -A CONJURER-INPUT -p icmp -m icmp --icmp-type 3 -j ACCEPT
    -A CONJURER-INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT
    -A CONJURER-INPUT -p icmp -m icmp --icmp-type 11 -j ACCEPT
    -A CONJURER-INPUT -p icmp -m icmp --icmp-type 12 -j ACCEPT
    -A CONJURER-INPUT -p udp -m udp --sport 67 --dport 68 -j ACCEPT
    -A CONJURER-INPUT -p tcp -m tcp --dport 80 -j ACCEPT
    -A CONJURER-INPUT -p tcp -m tcp --dport 443 -j ACCEPT
    -A CONJURER-INPUT -m limit --limit 6/min --limit-burst 10 -j LOG --log-prefix "conjurer drop: " --log-level 7
    -A CONJURER-INPUT -j DROP
    COMMIT
    *mangle
    :CONJURER-NODEPORT - [0:0]
    :CONJURER-FORWARD - [0:0]
    -A CONJURER-NODEPORT -p tcp -m tcp --dport 30000:32767 -m addrtype --dst-type LOCAL -m conntrack --ctstate NEW -j DROP
    -A CONJURER-NODEPORT -p udp -m udp --dport 30000:32767 -m addrtype --dst-type LOCAL -m conntrack --ctstate NEW -j DROP
    -A CONJURER-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN
    -A CONJURER-FORWARD -p tcp -m conntrack --ctstate DNAT --ctorigdstport 80 -j RETURN
    -A CONJURER-FORWARD -p tcp -m conntrack --ctstate DNAT --ctorigdstport 443 -j RETURN
    -A CONJURER-FORWARD -m limit --limit 6/min --limit-burst 10 -j LOG --log-prefix "conjurer drop: " --log-level 7
    -A CONJURER-FORWARD -j DROP
    COMMIT
    "
  `);
});

it('does the same for IPv6, where neighbours must be heard too', () => {
  expect(file({}, 'ipv6')).toMatchInlineSnapshot(`
    "# Written by conjurer from the section firewall of conjurer.yaml. Change it there.
    # jump filter INPUT ens192 CONJURER-INPUT
    # jump mangle PREROUTING ens192 CONJURER-NODEPORT
    # jump mangle FORWARD ens192 CONJURER-FORWARD
    *filter
    :CONJURER-INPUT - [0:0]
    :CONJURER-SESSIONS - [0:0]
    -A CONJURER-INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    -A CONJURER-INPUT -j CONJURER-SESSIONS
    -A CONJURER-INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 1 -j ACCEPT
    -A CONJURER-INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 2 -j ACCEPT
    -A CONJURER-INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 3 -j ACCEPT
    -A CONJURER-INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 4 -j ACCEPT
    -A CONJURER-INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j ACCEPT
    -A CONJURER-INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 133 -j ACCEPT
    -A CONJURER-INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 134 -j ACCEPT
    -A CONJURER-INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT
    -A CONJURER-INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT
    -A CONJURER-INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 141 -j ACCEPT
    -A CONJURER-INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 142 -j ACCEPT
    -A CONJURER-INPUT -s fe80::/10 -p ipv6-icmp -m icmp6 --icmpv6-type 130 -j ACCEPT
    -A CONJURER-INPUT -s fe80::/10 -p ipv6-icmp -m icmp6 --icmpv6-type 131 -j ACCEPT
    -A CONJURER-INPUT -s fe80::/10 -p ipv6-icmp -m icmp6 --icmpv6-type 132 -j ACCEPT
    -A CONJURER-INPUT -s fe80::/10 -p ipv6-icmp -m icmp6 --icmpv6-type 143 -j ACCEPT
    -A CONJURER-INPUT -s fe80::/10 -p udp -m udp --sport 547 --dport 546 -j ACCEPT
    -A CONJURER-INPUT -p tcp -m tcp --dport 80 -j ACCEPT
    -A CONJURER-INPUT -p tcp -m tcp --dport 443 -j ACCEPT
    -A CONJURER-INPUT -m limit --limit 6/min --limit-burst 10 -j LOG --log-prefix "conjurer drop: " --log-level 7
    -A CONJURER-INPUT -j DROP
    COMMIT
    *mangle
    :CONJURER-NODEPORT - [0:0]
    :CONJURER-FORWARD - [0:0]
    -A CONJURER-NODEPORT -p tcp -m tcp --dport 30000:32767 -m addrtype --dst-type LOCAL -m conntrack --ctstate NEW -j DROP
    -A CONJURER-NODEPORT -p udp -m udp --dport 30000:32767 -m addrtype --dst-type LOCAL -m conntrack --ctstate NEW -j DROP
    -A CONJURER-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN
    -A CONJURER-FORWARD -p tcp -m conntrack --ctstate DNAT --ctorigdstport 80 -j RETURN
    -A CONJURER-FORWARD -p tcp -m conntrack --ctstate DNAT --ctorigdstport 443 -j RETURN
    -A CONJURER-FORWARD -m limit --limit 6/min --limit-burst 10 -j LOG --log-prefix "conjurer drop: " --log-level 7
    -A CONJURER-FORWARD -j DROP
    COMMIT
    "
  `);
});

it('opens further ports for their networks only, each in its family', () => {
  const allow = [
    { port: 22, protocol: 'tcp', cidrs: ['10.1.2.3/8', '2001:DB8:0::7/32'] },
    { port: '30000-30100', protocol: 'udp', cidrs: ['0.0.0.0/0'] },
  ] as const;
  const added = (family: 'ipv4' | 'ipv6') => {
    const before = new Set(file({}, family).split('\n'));
    return file({ allow }, family)
      .split('\n')
      .filter(line => !before.has(line));
  };
  expect(added('ipv4')).toEqual([
    '-A CONJURER-INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT',
    '-A CONJURER-INPUT -p udp -m udp --dport 30000:30100 -j ACCEPT',
    '-A CONJURER-NODEPORT -p udp -m udp --dport 30000:30100 -j RETURN',
    '-A CONJURER-FORWARD -s 10.0.0.0/8 -p tcp -m conntrack --ctstate DNAT --ctorigdstport 22 -j RETURN',
    '-A CONJURER-FORWARD -p udp -m conntrack --ctstate DNAT --ctorigdstport 30000:30100 -j RETURN',
  ]);
  expect(added('ipv6')).toEqual([
    '-A CONJURER-INPUT -s 2001:db8::/32 -p tcp -m tcp --dport 22 -j ACCEPT',
    '-A CONJURER-FORWARD -s 2001:db8::/32 -p tcp -m conntrack --ctstate DNAT --ctorigdstport 22 -j RETURN',
  ]);
});

it('opens Kubernetes to the other nodes of the cluster only', () => {
  const input = file({ peers: ['192.0.2.0/28'] })
    .split('\n')
    .filter(line => line.includes('192.0.2.0/28'));
  expect(input).toHaveLength(11);
  expect(input[0]).toBe('-A CONJURER-INPUT -s 192.0.2.0/28 -p tcp -m tcp --dport 6443 -j ACCEPT');
  expect(input.at(-1)).toBe('-A CONJURER-FORWARD -s 192.0.2.0/28 -j RETURN');
  expect(file({ peers: ['192.0.2.0/28'] }, 'ipv6')).toBe(file({}, 'ipv6'));
});

it('has no chain that closes node ports where these are open, and passes them on', () => {
  const [, , nodePorts, forward] = rules({ nodePorts: { range: '30000-32767', open: true } }).ipv4;
  expect(nodePorts).toMatchObject({ name: 'CONJURER-NODEPORT', rules: null, interfaces: [] });
  expect(forward?.rules).toContain('-p tcp -m conntrack --ctstate DNAT --ctorigdstport 30000:32767 -j RETURN');
});

it('lets a port that is open to everyone through the closed range of node ports', () => {
  expect(file({ tcp: [443, 30_443] })).toContain('-A CONJURER-NODEPORT -p tcp -m tcp --dport 30443 -j RETURN\n');
});

it('leaves IPv6 out only where the kernel has none', () => {
  expect(rulesetOf(usual, { uplinks: ['eth0'], role: 'single', hasIpv6: false }).ipv6).toBeNull();
  expect(noRuleset({ hasIpv6: true }).ipv6?.map(chain => chain.rules)).toEqual([null, null, null, null]);
});
