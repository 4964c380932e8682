import { expect, test } from 'vitest';
import { removalOf } from '../../../../bootstrap/cluster/packet-rules.ts';

const saved = `*filter
:INPUT ACCEPT [0:0]
:CONJURER-INPUT - [0:0]
:KUBE-FIREWALL - [0:0]
-A INPUT -i eth0 -j CONJURER-INPUT
-A INPUT -j KUBE-FIREWALL
-A CONJURER-INPUT -p tcp -m tcp --dport 443 -j ACCEPT
-A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP
COMMIT
*nat
:POSTROUTING ACCEPT [0:0]
:CNI-5c1d - [0:0]
:KUBE-SERVICES - [0:0]
-A POSTROUTING -s 10.244.0.3/32 -m comment --comment "name: \\"conjurer\\"" -j CNI-5c1d
-A POSTROUTING -m comment --comment "not of KUBE-SERVICES" -j MASQUERADE
-A KUBE-SERVICES -j KUBE-SERVICES
COMMIT
`;

test('the chains of the cluster go with every jump to them, and those of others stay', () => {
  expect(removalOf(saved)).toBe(`*filter
:KUBE-FIREWALL - [0:0]
-D INPUT -j KUBE-FIREWALL
-X KUBE-FIREWALL
COMMIT
*nat
:CNI-5c1d - [0:0]
:KUBE-SERVICES - [0:0]
-D POSTROUTING -s 10.244.0.3/32 -m comment --comment "name: \\"conjurer\\"" -j CNI-5c1d
-X CNI-5c1d
-X KUBE-SERVICES
COMMIT
`);
});

test('where the cluster has left none, nothing is to be done', () => {
  expect(removalOf('*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n')).toBeNull();
});
