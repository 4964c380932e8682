import { parseXml, type XmlElement, XmlError } from '../../bootstrap/ovf/xml.ts';
import { checkDisks } from './check-disks.ts';
import { checkHardware } from './check-hardware.ts';
import { checkProperties } from './check-properties.ts';
import { checkStructure } from './check-structure.ts';
import { attributeOf, childrenOf } from './ovf-element.ts';

/** A file of the package beside descriptor and manifest. */
export interface PackageFile {
  readonly name: string;
  readonly bytes: number;
  /** Size of the disk in it as a machine sees it. */
  readonly virtualBytes?: number | undefined;
}

/**
 * What is wrong with an OVF descriptor, by the rules of DSP0243 1.1 and its schema DSP8023, and by what vSphere needs
 * beyond them. [] is a good one.
 */
export function checkDescriptor(text: string, files: readonly PackageFile[]): string[] {
  const envelope = rootOf(text);
  if (typeof envelope === 'string') return [envelope];
  const structure = checkStructure(envelope);
  if (structure.length > 0) return structure;
  const configurations = childrenOf(envelope, 'DeploymentOptionSection')
    .flatMap(section => childrenOf(section, 'Configuration'))
    .map(one => attributeOf(one, 'id') ?? '');
  const [machine] = childrenOf(envelope, 'VirtualSystem');
  if (machine === undefined) return ['there is no VirtualSystem'];
  return [
    ...checkConfigurations(envelope, configurations),
    ...checkDisks(envelope, machine, files),
    ...checkHardware(envelope, machine, configurations),
    ...checkProperties(machine),
  ];
}

function rootOf(text: string): XmlElement | string {
  try {
    return parseXml(text);
  } catch (error) {
    if (error instanceof XmlError) return `the descriptor is not well-formed: ${error.message}`;
    throw error;
  }
}

function checkConfigurations(envelope: XmlElement, ids: readonly string[]): string[] {
  const all = childrenOf(envelope, 'DeploymentOptionSection').flatMap(one => childrenOf(one, 'Configuration'));
  const defaults = all.filter(one => attributeOf(one, 'default') === 'true');
  return [
    ...(new Set(ids).size === ids.length ? [] : ['two configurations have the same id']),
    ...(defaults.length <= 1 ? [] : ['more than one configuration is the default']),
  ];
}
