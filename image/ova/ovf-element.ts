import type { XmlElement } from '../../bootstrap/ovf/xml.ts';
import { namespaces } from './xml.ts';

/** The children of this name in OVF's own namespace. */
export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter(child => child.name === name && child.namespace === namespaces.ovf);
}

/** An attribute in OVF's own namespace. */
export function attributeOf(element: XmlElement, name: string): string | undefined {
  return element.attributes.find(one => one.name === name && one.namespace === namespaces.ovf)?.value;
}

/** A field of an Item or of System. */
export function fieldOf(element: XmlElement, name: string): string | undefined {
  return element.children.find(child => child.name === name)?.text;
}

/** The values that are there more than once. */
export function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, at) => values.indexOf(value) !== at))];
}
