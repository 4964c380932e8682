import * as z from 'zod';

const address = z.union([z.ipv4(), z.ipv6()], 'an IPv4 or IPv6 address');
const cidr = z.union([z.cidrv4(), z.cidrv6()], 'an address with its prefix length, such as 10.0.0.10/24');
const interfaceName = z.string().regex(/^[A-Za-z0-9][\w.-]{0,14}$/, 'the name of an interface: at most 15 characters');
const domain = z.string().regex(/^[\w-]+(\.[\w-]+)*\.?$/, 'a domain name');
const mtu = z.int().min(576).max(65_535);
const hostname = z
  .string()
  .regex(/^(?=.{1,64}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/, 'a host name');

const Route = z.strictObject({
  /** "default" is written as 0.0.0.0/0 or ::/0, which every netplan knows. */
  to: cidr,
  via: address,
  metric: z.int().min(0).optional(),
  'on-link': z.boolean().optional(),
});

const common = {
  addresses: z.array(cidr).default([]),
  dhcp4: z.boolean().default(false),
  dhcp6: z.boolean().default(false),
  'accept-ra': z.boolean().optional(),
  routes: z.array(Route).default([]),
  mtu: mtu.optional(),
  nameservers: z
    .strictObject({ addresses: z.array(address).default([]), search: z.array(domain).default([]) })
    .optional(),
  optional: z.boolean().optional(),
};

const Ethernet = z.strictObject({
  match: z
    .strictObject({ macaddress: z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i, 'a MAC address') })
    .optional(),
  'set-name': interfaceName.optional(),
  ...common,
});

const Bond = z.strictObject({
  interfaces: z.array(interfaceName).min(1),
  parameters: z
    .strictObject({
      mode: z.enum([
        'balance-rr',
        'active-backup',
        'balance-xor',
        'broadcast',
        '802.3ad',
        'balance-tlb',
        'balance-alb',
      ]),
      'lacp-rate': z.enum(['slow', 'fast']).optional(),
      'mii-monitor-interval': z.int().min(0).max(60_000).optional(),
      'transmit-hash-policy': z.enum(['layer2', 'layer3+4', 'layer2+3', 'encap2+3', 'encap3+4']).optional(),
      primary: interfaceName.optional(),
    })
    .optional(),
  ...common,
});

const Vlan = z.strictObject({ id: z.int().min(1).max(4094), link: interfaceName, ...common });

const Bridge = z.strictObject({
  interfaces: z.array(interfaceName).default([]),
  parameters: z
    .strictObject({ stp: z.boolean().optional(), 'forward-delay': z.int().min(0).max(30).optional() })
    .optional(),
  ...common,
});

/**
 * Section `network` of conjurer.yaml: the part of netplan's version 2 that is applied, in netplan's own words, and the
 * name and time servers of the machine. The wire's document has the same shape.
 */
export const NetworkSettings = z.strictObject({
  hostname: hostname.optional().describe('Name of this machine. Absent: it keeps the one it has.'),
  confirmSeconds: z
    .int()
    .min(20)
    .max(3600)
    .default(120)
    .describe(
      'A change of the network is rolled back, also without conjurer, unless it is proved to work in this time.',
    ),
  ntp: z
    .strictObject({
      servers: z
        .array(z.union([address, domain], 'an address or a name'))
        .default([])
        .describe('Time servers, for chrony where it is installed, else systemd-timesyncd. []: those it has.'),
    })
    .prefault({})
    .describe('Where this machine gets its time.'),
  ethernets: z.record(interfaceName, Ethernet).default({}).describe('Network cards, as netplan has them.'),
  bonds: z.record(interfaceName, Bond).default({}).describe('Bonds, as netplan has them.'),
  vlans: z.record(interfaceName, Vlan).default({}).describe('VLANs, as netplan has them.'),
  bridges: z.record(interfaceName, Bridge).default({}).describe('Bridges, as netplan has them.'),
});
export type NetworkSettings = z.infer<typeof NetworkSettings>;

export type Ethernet = z.infer<typeof Ethernet>;
export type Interface = Ethernet | z.infer<typeof Bond> | z.infer<typeof Vlan> | z.infer<typeof Bridge>;

/** An interface of the settings, with the name it is to have on this machine. */
export interface NamedInterface {
  readonly section: 'ethernets' | 'bonds' | 'vlans' | 'bridges';
  /** Its key in the settings. */
  readonly key: string;
  readonly settings: Interface;
}

/** Every interface that is configured, cards first. [] means that the network is left alone. */
export function interfacesOf(settings: NetworkSettings): NamedInterface[] {
  const sections = ['ethernets', 'bonds', 'vlans', 'bridges'] as const;
  return sections.flatMap(section =>
    Object.entries(settings[section]).map(([key, one]) => ({ section, key, settings: one })),
  );
}
