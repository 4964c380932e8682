import { element, info, type Xml } from './xml.ts';

/** One thing that the person who deploys the machine may fill in. */
export interface Property {
  readonly key: string;
  readonly label: string;
  readonly description: string;
  readonly isPassword?: true;
  readonly value?: string;
  /** DSP0243's qualifiers, as in MaxLen(63). */
  readonly qualifiers?: string;
}

export interface PropertyClass {
  /** In front of each key in the environment, with a dot; '' for none. */
  readonly name: string;
  readonly category: string;
  readonly properties: readonly Property[];
}

/** All of them may stay empty: cloud-init can bring the same, and what is empty is not set. */
export const propertyClasses: readonly PropertyClass[] = [
  {
    name: 'conjurer',
    category: 'Controller',
    properties: [
      {
        key: 'edgeName',
        label: 'Edge name',
        description: 'Name of this machine in its cluster, as the Controller shall show it.',
        qualifiers: 'MaxLen(63)',
      },
      {
        key: 'passphrase',
        label: 'Passphrase',
        description: 'Passphrase of the credentials file, as downloaded from the Controller.',
        isPassword: true,
      },
      {
        key: 'credentials',
        label: 'Credentials',
        description: 'The credentials file, in base64: base64 -w0 FILE. It opens only with the passphrase.',
      },
      {
        key: 'config',
        label: 'Further configuration',
        description: 'A conjurer.yaml in base64, for what has no field here.',
      },
    ],
  },
  {
    name: 'conjurer.network',
    category: 'Network',
    properties: [
      { key: 'hostname', label: 'Host name', description: 'Empty: the machine keeps the one it has.' },
      { key: 'address', label: 'Address', description: 'With its prefix length: 10.0.0.10/24. Empty: DHCP.' },
      { key: 'gateway', label: 'Gateway', description: 'Of the default route: 10.0.0.1' },
      { key: 'nameservers', label: 'Name servers', description: 'With commas: 10.0.0.2,10.0.0.3' },
      { key: 'search', label: 'Search domains', description: 'With commas: example.com' },
      {
        key: 'interface',
        label: 'Network card',
        description: 'The one that gets the address.',
        value: 'ens192',
        qualifiers: 'MaxLen(15)',
      },
    ],
  },
  {
    name: 'conjurer.network.ntp',
    category: 'Network',
    properties: [{ key: 'servers', label: 'Time servers', description: 'With commas: 10.0.0.4,ntp.example.com' }],
  },
  {
    name: 'conjurer.proxy',
    category: 'Network',
    properties: [{ key: 'https', label: 'Proxy', description: 'On the way to the Controller: http://proxy:3128' }],
  },
  {
    name: '',
    category: 'cloud-init',
    properties: [
      {
        key: 'instance-id',
        label: 'Instance id',
        description: 'Must differ from machine to machine; else cloud-init takes a clone for the machine it was.',
      },
      { key: 'local-hostname', label: 'Host name for cloud-init', description: 'Empty: left alone.' },
      { key: 'public-keys', label: 'SSH public key', description: 'For the default user of the system.' },
      { key: 'user-data', label: 'User-data', description: 'A #cloud-config in base64.' },
      { key: 'network-config', label: 'Network', description: 'In base64; needs cloud-init 21.3.' },
    ],
  },
];

/** One section for each class; the first one also says what this is. */
export function productSections(version: string): Xml[] {
  return propertyClasses.map(({ name, category, properties }, at) =>
    element('ProductSection', name === '' ? {} : { 'ovf:class': name }, [
      info('What the machine is told when it is deployed'),
      element('Product', {}, 'clusterimage-r'),
      element('Vendor', {}, 'conjurer'),
      element('Version', {}, version),
      ...(at === 0 ? [element('FullVersion', {}, `clusterimage-r ${version}`)] : []),
      element('Category', {}, category),
      ...properties.map(propertyElement),
    ]),
  );
}

function propertyElement({ key, label, description, isPassword, value, qualifiers }: Property): Xml {
  const attributes = {
    'ovf:key': key,
    'ovf:type': 'string',
    ...(qualifiers === undefined ? {} : { 'ovf:qualifiers': qualifiers }),
    'ovf:userConfigurable': 'true',
    'ovf:value': value ?? '',
    ...(isPassword === true ? { 'ovf:password': 'true' } : {}),
  };
  return element('Property', attributes, [element('Label', {}, label), element('Description', {}, description)]);
}
