import * as z from 'zod';
import { parseCidr } from '../../bootstrap/firewall/cidr.ts';

const port = z.int().min(1).max(65_535);
const range = z.string().refine(isRange, 'a range of ports such as "30000-32767"');
const cidr = z.string().refine(text => parseCidr(text) !== null, 'an address or a network, such as 10.0.0.0/8');
const uplink = z.string().regex(/^[A-Za-z0-9_.-]{1,15}$/, 'the name of an interface, such as ens192');

const Allowed = z.strictObject({
  port: z.union([port, range]),
  protocol: z.enum(['tcp', 'udp']).default('tcp'),
  cidrs: z.array(cidr).min(1, 'at least one network'),
});

const NodePorts = z.strictObject({
  range: range
    .default('30000-32767')
    .describe('The ports of Services of type NodePort, as kube-apiserver was told them (--service-node-port-range).'),
  open: z.boolean().default(false).describe('true: node ports can be reached from outside.'),
});

/** The section `firewall`: docs/firewall.md says which rules come of it. */
export const FirewallSection = z.strictObject({
  enabled: z.boolean().default(true).describe('false: conjurer sets no rules, and takes back those that it has set.'),
  uplinks: z
    .union([z.literal('auto'), z.array(uplink).min(1)], 'auto, or a list of interfaces such as [ens192, bond0]')
    .default('auto')
    .describe('The interfaces that the rules hold for. auto: each that leads out of the machine.'),
  tcp: z
    .array(port, 'a list of ports from 1 to 65535')
    .default([80, 443])
    .describe('TCP ports that are open to everyone.'),
  allow: z
    .array(Allowed, 'a list of { port, protocol, cidrs }')
    .default([])
    .describe('Further ports for some networks only: { port: 22, protocol: tcp, cidrs: [10.0.0.0/8] }.'),
  peers: z
    .array(cidr)
    .default([])
    .describe('Networks of the other nodes of the cluster. Only from there come Kubernetes and the pod network.'),
  nodePorts: NodePorts.prefault({}).describe('Services of type NodePort.'),
});

function isRange(text: string): boolean {
  const ends = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  const [first, last] = [Number(ends?.[1]), Number(ends?.[2])];
  return ends !== null && first >= 1 && first <= last && last <= 65_535;
}
