import type { XmlElement } from '../../bootstrap/ovf/xml.ts';
import { attributeOf, childrenOf, repeated } from './ovf-element.ts';

const types = [
  ...['uint8', 'sint8', 'uint16', 'sint16', 'uint32', 'sint32', 'uint64', 'sint64'],
  ...['string', 'boolean', 'real32', 'real64'],
];
const qualifiers = /^(?:(?:MinLen|MaxLen)\(\d+\)|ValueMap\{(?:"[^"]*",?\s*)+\})(?:\s*,?\s*(?:MinLen|MaxLen)\(\d+\))*$/;

/** What the person who deploys the machine is asked for. */
export function checkProperties(machine: XmlElement): string[] {
  const sections = childrenOf(machine, 'ProductSection');
  const classes = sections.map(one => `${attributeOf(one, 'class') ?? ''}/${attributeOf(one, 'instance') ?? ''}`);
  return [
    ...repeated(classes).map(one => `two product sections have the class and instance ${one}`),
    ...sections.flatMap(checkSection),
  ];
}

function checkSection(section: XmlElement): string[] {
  const name = attributeOf(section, 'class') ?? '';
  const properties = childrenOf(section, 'Property');
  const keys = properties.map(property => attributeOf(property, 'key') ?? '');
  return [
    ...(name.includes(':') ? [`the class ${name} has a colon`] : []),
    ...repeated(keys).map(key => `the property ${key} is there twice`),
    ...properties.flatMap(checkProperty),
  ];
}

function checkProperty(property: XmlElement): string[] {
  const key = attributeOf(property, 'key') ?? '';
  const qualifier = attributeOf(property, 'qualifiers');
  const flags = ['userConfigurable', 'password'].flatMap(name => attributeOf(property, name) ?? []);
  const longest = Number(/MaxLen\((\d+)\)/.exec(qualifier ?? '')?.[1] ?? Number.POSITIVE_INFINITY);
  const problems = [
    // Class, key and instance are joined by dots in the environment.
    ...(/^[^.:\s]+$/.test(key) ? [] : ['the key has a dot, a colon or a blank']),
    ...(types.includes(attributeOf(property, 'type') ?? '') ? [] : ['the type is none of CIM']),
    ...(qualifier === undefined || qualifiers.test(qualifier) ? [] : ['the qualifiers are not of DSP0243']),
    ...((attributeOf(property, 'value') ?? '').length <= longest ? [] : ['the value is longer than it may be']),
    ...(flags.every(flag => ['true', 'false'].includes(flag)) ? [] : ['a flag is neither true nor false']),
  ];
  return problems.map(problem => `property ${key}: ${problem}`);
}
