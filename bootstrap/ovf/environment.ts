import { parseXml, type XmlElement, XmlError } from './xml.ts';

/** One property that the person who deployed this machine was asked for, as the hypervisor hands it over. */
export interface OvfProperty {
  /** With its class in front: "conjurer.edgeName". */
  readonly key: string;
  readonly value: string;
  /** Where the value stands in the document, as it is written there. */
  readonly start: number;
  readonly end: number;
}

const namespace = 'http://schemas.dmtf.org/ovf/environment/1';

/**
 * The properties of this machine in an OVF environment (DSP0243, Environment). Those of other machines of the same vApp
 * stand there too, below <Entity>, and are not read. Throws XmlError.
 */
export function readEnvironment(document: string): OvfProperty[] {
  const root = parseXml(document);
  if (!isNamed(root, 'Environment')) throw new XmlError(`its root is <${root.name}>, and no OVF environment`);
  const properties = childrenNamed(root, 'PropertySection')
    .flatMap(section => childrenNamed(section, 'Property'))
    .flatMap(propertyOf);
  const keys = new Set<string>();
  for (const { key } of properties) {
    if (keys.has(key)) throw new XmlError(`the property ${key} is there twice`);
    keys.add(key);
  }
  return properties;
}

/** The document with the values of these properties empty, and everything else byte for byte as it was. */
export function withoutValues(document: string, properties: readonly OvfProperty[]): string {
  return [...properties]
    .sort((a, b) => b.start - a.start)
    .reduce((text, { start, end }) => text.slice(0, start) + text.slice(end), document);
}

function propertyOf({ attributes }: XmlElement): OvfProperty[] {
  const named = (name: string) => attributes.find(one => one.name === name && one.namespace === namespace);
  const key = named('key');
  const value = named('value');
  if (key === undefined || value === undefined) return [];
  return [{ key: key.value, value: value.value, start: value.start, end: value.end }];
}

function childrenNamed(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter(child => isNamed(child, name));
}

function isNamed(element: XmlElement, name: string): boolean {
  return element.namespace === namespace && element.name === name;
}
