import type { XmlElement } from '../../bootstrap/ovf/xml.ts';
import { namespaces } from './xml.ts';

/** How the schema has an element: its children in their order, and its attributes. `?`: may be missing, `*`: may be many. */
interface Shape {
  readonly children?: readonly string[];
  readonly attributes?: readonly string[];
  /** Its children are those of CIM, in the order of their names; these must be there. */
  readonly fields?: { readonly namespace: string; readonly required: readonly string[] };
}

const section = ['Info'];
const { ovf, rasd, vssd, vmw } = namespaces;

const shapes: Readonly<Record<string, Shape>> = {
  Envelope: {
    children: ['References', 'DiskSection?', 'NetworkSection?', 'DeploymentOptionSection?', 'VirtualSystem'],
  },
  References: { children: ['File*'] },
  File: { attributes: ['id', 'href', 'size?', 'compression?', 'chunkSize?'] },
  DiskSection: { children: [...section, 'Disk*'] },
  Disk: {
    attributes: [
      ...['diskId', 'fileRef?', 'capacity', 'capacityAllocationUnits?', 'format?', 'populatedSize?', 'parentRef?'],
    ],
  },
  NetworkSection: { children: [...section, 'Network*'] },
  Network: { attributes: ['name'], children: ['Description?'] },
  DeploymentOptionSection: { children: [...section, 'Configuration*'] },
  Configuration: { attributes: ['id', 'default?'], children: ['Label', 'Description'] },
  VirtualSystem: {
    attributes: ['id'],
    children: ['Info', 'Name?', 'OperatingSystemSection?', 'VirtualHardwareSection', 'ProductSection*'],
  },
  OperatingSystemSection: { attributes: ['id', 'version?'], children: [...section, 'Description?'] },
  VirtualHardwareSection: { attributes: ['id?', 'transport?'], children: [...section, 'System?', 'Item*'] },
  System: { fields: { namespace: vssd, required: ['ElementName', 'InstanceID', 'VirtualSystemType'] } },
  Item: {
    attributes: ['required?', 'configuration?', 'bound?'],
    fields: { namespace: rasd, required: ['ElementName', 'InstanceID', 'ResourceType'] },
  },
  ProductSection: {
    attributes: ['required?', 'class?', 'instance?'],
    children: [
      ...[...section, 'Product?', 'Vendor?', 'Version?', 'FullVersion?', 'ProductUrl?', 'VendorUrl?', 'AppUrl?'],
      ...['Icon*', 'Category*', 'Property*'],
    ],
  },
  Property: {
    attributes: ['key', 'type', 'qualifiers?', 'userConfigurable?', 'value?', 'password?'],
    children: ['Label?', 'Description?', 'Value*'],
  },
  Value: { attributes: ['value', 'configuration?'] },
};
for (const leaf of [
  'Info',
  'Name',
  'Label',
  'Description',
  'Product',
  'Vendor',
  'Version',
  'FullVersion',
  'Category',
]) {
  Object.assign(shapes, { [leaf]: { attributes: ['msgid?'] } });
}

/** What is not as the schema has it: names, order, numbers and attributes of all elements below this one. */
export function checkStructure(envelope: XmlElement): string[] {
  if (envelope.name !== 'Envelope' || envelope.namespace !== ovf) return ['the root is no Envelope of OVF 1'];
  return below(envelope, 'Envelope');
}

function below(element: XmlElement, path: string): string[] {
  const shape = shapes[element.name];
  if (shape === undefined) return [`${path}: the schema has no such element`];
  const own = shape.fields === undefined ? orderOf(element, shape.children ?? []) : fieldsOf(element, shape.fields);
  const inner = shape.fields === undefined ? element.children.filter(({ namespace }) => namespace === ovf) : [];
  return [
    ...[...own, ...attributesOf(element, shape.attributes ?? [])].map(problem => `${path}: ${problem}`),
    ...inner.flatMap(child => below(child, `${path}/${child.name}`)),
  ];
}

/** Walks the children and the schema's names side by side. */
function orderOf({ children }: XmlElement, wanted: readonly string[]): string[] {
  const names = children.filter(({ namespace }) => namespace !== vmw).map(child => nameOf(child));
  let at = 0;
  for (const one of wanted) {
    const [name, kind] = [one.replace(/[?*]$/, ''), one.at(-1)];
    const from = at;
    while (names[at] === name && (kind === '*' || at === from)) at += 1;
    if (at === from && kind !== '?' && kind !== '*') return [`${name} is missing, or not in its place`];
  }
  return at === names.length ? [] : [`${names[at]} is too much, or not in its place`];
}

function nameOf({ namespace, name }: XmlElement): string {
  return namespace === ovf ? name : `{${namespace}}${name}`;
}

function fieldsOf({ children }: XmlElement, { namespace, required }: NonNullable<Shape['fields']>): string[] {
  const fields = children.filter(child => child.namespace !== vmw);
  const names = fields.map(({ name }) => name);
  return [
    ...fields.filter(field => field.namespace !== namespace).map(({ name }) => `${name} is in a wrong namespace`),
    ...required.filter(name => !names.includes(name)).map(name => `${name} is missing`),
    ...(names.join() === [...new Set(names)].sort().join() ? [] : ['fields are not in the order of their names']),
  ];
}

function attributesOf({ attributes }: XmlElement, wanted: readonly string[]): string[] {
  const names = attributes.filter(({ namespace }) => namespace === ovf).map(({ name }) => name);
  const known = wanted.map(name => name.replace('?', ''));
  return [
    ...wanted.filter(one => !one.endsWith('?') && !names.includes(one)).map(one => `the attribute ${one} is missing`),
    ...names.filter(name => !known.includes(name)).map(name => `there is no attribute ${name}`),
    ...attributes
      .filter(({ namespace }) => namespace !== ovf && namespace !== vmw)
      .map(({ name }) => `the attribute ${name} has no prefix`),
  ];
}
