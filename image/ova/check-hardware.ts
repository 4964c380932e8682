import type { XmlElement } from '../../bootstrap/ovf/xml.ts';
import { attributeOf, childrenOf, fieldOf, repeated } from './ovf-element.ts';

const transports = ['iso', 'com.vmware.guestInfo'];
/** Of ResourceType. */
const [processor, memory, cd] = ['3', '4', '15'] as const;

/** The hardware must be whole in each configuration, and hang together. */
export function checkHardware(envelope: XmlElement, machine: XmlElement, configurations: readonly string[]): string[] {
  const [section] = childrenOf(machine, 'VirtualHardwareSection');
  if (section === undefined) return ['there is no VirtualHardwareSection'];
  const items = childrenOf(section, 'Item');
  const transport = (attributeOf(section, 'transport') ?? '').split(' ').filter(word => word !== '');
  const family = childrenOf(section, 'System').map(system => fieldOf(system, 'VirtualSystemType') ?? '');
  const named = items.flatMap(item => attributeOf(item, 'configuration')?.split(' ') ?? []);
  const kinds = configurations.length === 0 ? [null] : configurations;
  return [
    ...transport.filter(word => !transports.includes(word)).map(word => `${word} is no transport of vSphere`),
    ...family.filter(word => !/^vmx-\d+$/.test(word)).map(word => `${word} is no hardware version of vSphere`),
    ...named
      .filter(id => !configurations.includes(id))
      .map(id => `an item is for the configuration ${id}, which is none`),
    ...kinds.flatMap(kind => checkOne(kind, itemsOf(items, kind), transport)),
    ...checkNetworks(envelope, items),
  ];
}

function itemsOf(items: readonly XmlElement[], configuration: string | null): XmlElement[] {
  return items.filter(item => {
    const only = attributeOf(item, 'configuration')?.split(' ');
    return only === undefined || (configuration !== null && only.includes(configuration));
  });
}

function checkOne(configuration: string | null, items: readonly XmlElement[], transport: readonly string[]): string[] {
  const ids = items.map(item => fieldOf(item, 'InstanceID') ?? '');
  const count = (type: string) => items.filter(item => fieldOf(item, 'ResourceType') === type).length;
  const parents = items.flatMap(item => fieldOf(item, 'Parent') ?? []);
  const places = items.flatMap(item => {
    const parent = fieldOf(item, 'Parent');
    return parent === undefined ? [] : [`${parent}:${fieldOf(item, 'AddressOnParent')}`];
  });
  const problems = [
    ...repeated(ids).map(id => `two items have the InstanceID ${id}`),
    ...parents.filter(id => !ids.includes(id)).map(id => `there is no item ${id} to hang on`),
    ...repeated(places).map(place => `two items are at ${place}`),
    ...(count(processor) === 1 && count(memory) === 1 ? [] : ['processors and memory are not there once']),
    ...(transport.includes('iso') && count(cd) === 0 ? ['the transport iso needs a CD drive'] : []),
    ...items.filter(item => !isQuantity(item)).map(item => `${fieldOf(item, 'ElementName')} has no VirtualQuantity`),
  ];
  return problems.map(problem => `${configuration ?? 'hardware'}: ${problem}`);
}

function isQuantity(item: XmlElement): boolean {
  if (![processor, memory].some(type => type === fieldOf(item, 'ResourceType'))) return true;
  return /^[1-9]\d*$/.test(fieldOf(item, 'VirtualQuantity') ?? '');
}

function checkNetworks(envelope: XmlElement, items: readonly XmlElement[]): string[] {
  const names = childrenOf(envelope, 'NetworkSection')
    .flatMap(one => childrenOf(one, 'Network'))
    .map(one => attributeOf(one, 'name') ?? '');
  const used = items.flatMap(item => fieldOf(item, 'Connection') ?? []);
  return [
    ...repeated(names).map(name => `two networks are called ${name}`),
    ...used.filter(name => !names.includes(name)).map(name => `there is no network ${name}`),
    ...names.filter(name => !used.includes(name)).map(name => `nothing is connected to the network ${name}`),
  ];
}
