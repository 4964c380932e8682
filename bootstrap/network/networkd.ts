import { type Interface, interfacesOf, type NamedInterface, type NetworkSettings } from './settings.ts';

const header = '# Written by conjurer from its configuration; changes here are lost. docs/network.md\n';

/** Before files of others: of several that match an interface, systemd-networkd takes the first by name. */
export const networkdPrefix = '05-conjurer-';

/** A section of a systemd file, and its settings in order. */
type Section = readonly [name: string, settings: readonly (readonly [string, string | number | boolean | undefined])[]];

/** systemd-networkd's files for the settings, by file name. What netplan makes of the same settings, tests compare. */
export function renderNetworkd(settings: NetworkSettings): { readonly name: string; readonly content: string }[] {
  return interfacesOf(settings).flatMap(one => [
    ...netdev(one),
    ...link(one),
    { name: `${networkdPrefix}${one.key}.network`, content: text(network(one, settings)) },
  ]);
}

function netdev({ section, key, settings: one }: NamedInterface) {
  const kinds = { bonds: 'bond', vlans: 'vlan', bridges: 'bridge' } as const;
  if (section === 'ethernets') return [];
  const own: Section[] = [
    [
      'NetDev',
      [
        ['Name', key],
        ['MTUBytes', one.mtu],
        ['Kind', kinds[section]],
      ],
    ],
  ];
  if ('id' in one) own.push(['VLAN', [['Id', one.id]]]);
  if ('interfaces' in one && one.parameters !== undefined) {
    const { parameters } = one;
    if ('mode' in parameters) own.push(['Bond', bondSettings(parameters)]);
    else {
      const delay = 'forward-delay' in parameters ? parameters['forward-delay'] : undefined;
      const stp = 'stp' in parameters ? parameters.stp : undefined;
      own.push([
        'Bridge',
        [
          ['ForwardDelaySec', delay],
          ['STP', stp],
        ],
      ]);
    }
  }
  return [{ name: `${networkdPrefix}${key}.netdev`, content: text(own) }];
}

function bondSettings(parameters: NonNullable<NetworkSettings['bonds'][string]['parameters']>): Section[1] {
  const interval = parameters['mii-monitor-interval'];
  return [
    ['Mode', parameters.mode],
    ['LACPTransmitRate', parameters['lacp-rate']],
    ['MIIMonitorSec', interval === undefined ? undefined : `${interval}ms`],
    ['TransmitHashPolicy', parameters['transmit-hash-policy']],
  ];
}

function link({ key, settings: one }: NamedInterface) {
  const name = 'set-name' in one ? one['set-name'] : undefined;
  const mac = macOf(one);
  if (name === undefined || mac === null) return [];
  const content = text([
    ['Match', matchCard(mac)],
    ['Link', [['Name', name]]],
  ]);
  return [{ name: `${networkdPrefix}${key}.link`, content }];
}

function network({ key, settings: one }: NamedInterface, all: NetworkSettings): Section[] {
  const master = masterOf(key, all);
  const mac = macOf(one);
  const setName = 'set-name' in one ? one['set-name'] : undefined;
  const isMember = master.length > 0;
  const isVirtual = 'interfaces' in one || 'link' in one;
  return [
    ['Match', [...(mac === null ? [['Name', key] as const] : matchCard(mac)), ['Name', setName]]],
    [
      'Link',
      [
        ['MTUBytes', one.mtu],
        ['RequiredForOnline', one.optional === true ? 'no' : undefined],
      ],
    ],
    [
      'Network',
      [
        ['DHCP', dhcpOf(one)],
        ['LinkLocalAddressing', isMember ? 'no' : 'ipv6'],
        ...one.addresses.map(address => ['Address', address] as const),
        ['IPv6AcceptRA', one['accept-ra']],
        ...(one.nameservers?.addresses ?? []).map(address => ['DNS', address] as const),
        ['Domains', one.nameservers?.search.join(' ') || undefined],
        ['ConfigureWithoutCarrier', isVirtual ? true : undefined],
        ...master,
        ...Object.entries(all.vlans).flatMap(([name, vlan]) => (vlan.link === key ? [['VLAN', name] as const] : [])),
      ],
    ],
    ...one.routes.map((route): Section => {
      const { to, via, metric } = route;
      return [
        'Route',
        [
          ['Destination', to],
          ['Gateway', via],
          ['GatewayOnLink', route['on-link']],
          ['Metric', metric],
        ],
      ];
    }),
    [
      'DHCP',
      one.dhcp4 || one.dhcp6
        ? [
            ['RouteMetric', 100],
            ['UseMTU', true],
          ]
        : [],
    ],
  ];
}

/** Type keeps VLANs out, which bear the address of their card. Keys that systemd 237 knows: it ignores a newer one. */
function matchCard(mac: string): Section[1] {
  return [
    ['MACAddress', mac],
    ['Type', 'ether'],
  ];
}

function macOf(one: Interface): string | null {
  return 'match' in one ? (one.match?.macaddress ?? null) : null;
}

function masterOf(key: string, { bonds, bridges }: NetworkSettings): Section[1] {
  const [bond, ofBond] = Object.entries(bonds).find(([, { interfaces }]) => interfaces.includes(key)) ?? [];
  const [bridge] = Object.entries(bridges).find(([, { interfaces }]) => interfaces.includes(key)) ?? [];
  if (bond !== undefined) {
    return [
      ['Bond', bond],
      ['PrimarySlave', ofBond?.parameters?.primary === key ? true : undefined],
    ];
  }
  return bridge === undefined ? [] : [['Bridge', bridge]];
}

function dhcpOf({ dhcp4, dhcp6 }: Interface): string | undefined {
  if (dhcp4 && dhcp6) return 'yes';
  return dhcp4 ? 'ipv4' : dhcp6 ? 'ipv6' : undefined;
}

function text(sections: readonly Section[]): string {
  const shown = sections
    .map(([name, settings]) => ({ name, set: settings.filter(([, value]) => value !== undefined) }))
    .filter(({ set }) => set.length > 0)
    .map(({ name, set }) => `[${name}]\n${set.map(([key, value]) => `${key}=${spelled(value)}\n`).join('')}`);
  return `${header}${shown.join('\n')}`;
}

function spelled(value: string | number | boolean | undefined): string {
  return value === true ? 'yes' : value === false ? 'no' : String(value);
}
