import { describe, expect, it } from 'vitest';
import { deliveredSources } from '../../../../agent/config/delivered-sources.ts';
import { parseXml, type XmlElement } from '../../../../bootstrap/ovf/xml.ts';
import { checkDescriptor } from '../../../../image/ova/check-descriptor.ts';
import { type Descriptor, ovfDescriptor } from '../../../../image/ova/descriptor.ts';
import { propertyClasses } from '../../../../image/ova/properties.ts';

const request: Descriptor = {
  name: 'clusterimage-r-v1.3.0',
  version: '1.3.0',
  disk: { href: 'clusterimage-r-v1.3.0-disk1.vmdk', bytes: 1000, capacityBytes: 10 * 2 ** 30 },
  guest: 'debian',
  hardwareVersion: 10,
  scsi: 'pvscsi',
};
const files = [{ name: request.disk.href, bytes: 1000, virtualBytes: 10 * 2 ** 30 }];
const text = ovfDescriptor(request);

describe('the OVF descriptor', () => {
  it('breaks no rule, for each guest, controller and hardware version', () => {
    expect(checkDescriptor(text, files)).toEqual([]);
    const other = ovfDescriptor({ ...request, guest: 'ubuntu', scsi: 'lsilogic', hardwareVersion: 19 });
    expect(checkDescriptor(other, files)).toEqual([]);
    expect(other).toContain('>lsilogic<');
    expect(other).toContain('>vmx-19<');
  });

  it('is for vSphere 5.5 on, by ISO and by tools, with what the kernel has drivers for', () => {
    for (const part of ['>vmx-10<', '>VirtualSCSI<', '>VmxNet3<', 'ovf:transport="iso com.vmware.guestInfo"']) {
      expect(text).toContain(part);
    }
    expect(text).toMatch(/ovf:key="passphrase"[^>]* ovf:password="true"/);
  });

  it('offers three sizes, each with processors, memory and a disk of its own', () => {
    const items = all(parseXml(text), 'Item');
    const shape = (size: string) =>
      items
        .filter(item => item.attributes.some(({ name, value }) => name === 'configuration' && value === size))
        .map(item => item.children.find(({ name }) => ['VirtualQuantity', 'HostResource'].includes(name))?.text);
    expect([shape('small'), shape('medium'), shape('large')]).toEqual([
      ['2', '4096', 'ovf:/disk/data-small'],
      ['4', '8192', 'ovf:/disk/data-medium'],
      ['8', '16384', 'ovf:/disk/data-large'],
    ]);
  });

  it('asks for nothing of conjurer that the agent would not take', () => {
    const examples: Readonly<Record<string, string>> = {
      'network.address': '10.0.0.10/24',
      'network.gateway': '10.0.0.1',
      config: 'log: { level: info }',
    };
    const asked = propertyClasses
      .filter(({ name }) => name.startsWith('conjurer'))
      .flatMap(({ name, properties }) => properties.map(({ key }) => `${name}.${key}`.replace('conjurer.', '')))
      .filter(key => key !== 'passphrase' && key !== 'credentials');
    expect(asked.length).toBeGreaterThan(8);
    const settings = Object.fromEntries(asked.map(key => [key, examples[key] ?? 'x']));
    const delivered = { settings, secrets: {}, source: null, warnings: [] };
    const sources = deliveredSources(delivered, ({ value }) => ({ value, where: key => key }));
    expect(sources.map(({ value }) => Object.keys(value))).toEqual([['log'], ['edgeName', 'network', 'proxy']]);
  });
});

describe('the check of a descriptor', () => {
  it.each<[string, string | RegExp, string, RegExp]>([
    ['cut', '</Envelope>', '', /not well-formed/],
    ['of another version', 'xmlns="http://schemas.dmtf.org/ovf/envelope/1"', 'xmlns="urn:x"', /no Envelope of OVF 1/],
    [
      'disks after networks',
      /( *<DiskSection>[\s\S]*<\/DiskSection>\n)([\s\S]*<\/NetworkSection>\n)/,
      '$2$1',
      /not in its place/,
    ],
    ['a section without Info', '<Info>Sizes</Info>', '', /DeploymentOptionSection: Info is missing/],
    ['an attribute without its prefix', 'ovf:capacity="', 'capacity="', /attribute capacity/],
    ['an unknown attribute', 'ovf:default="true"', 'ovf:preferred="true"', /no attribute preferred/],
    [
      'fields out of order',
      /(<rasd:ElementName>CD[^<]*<\/rasd:ElementName>)\s*(<rasd:InstanceID>5<\/rasd:InstanceID>)/,
      '$2$1',
      /order of their names/,
    ],
    ['a field that is missing', '<rasd:InstanceID>5</rasd:InstanceID>', '', /Item: InstanceID is missing/],
    ['a wrong size of the file', 'ovf:size="1000"', 'ovf:size="1001"', /has 1000 bytes, not 1001/],
    ['another file', 'ovf:href="clusterimage', 'ovf:href="other', /References others/],
    ['another capacity', `ovf:capacity="${10 * 2 ** 30}"`, 'ovf:capacity="1000"', /its file holds/],
    ['an empty capacity', 'ovf:capacity="20"', 'ovf:capacity=""', /no number of bytes/],
    ['a unit that is none', 'byte * 2^30', 'GiB', /no number of bytes/],
    ['a reference to nothing', 'ovf:fileRef="system"', 'ovf:fileRef="root"', /there is no file root/],
    ['a disk that nobody has', 'ovf:/disk/data-large', 'ovf:/disk/data-small', /no machine has the disk data-large/],
    ['a disk that is not there', 'ovf:/disk/system', 'ovf:/disk/root', /no disk behind ovf:\/disk\/root/],
    ['an InstanceID twice', '<rasd:InstanceID>5<', '<rasd:InstanceID>6<', /two items have the InstanceID 6/],
    ['a parent that is not there', '<rasd:Parent>4<', '<rasd:Parent>9<', /no item 9 to hang on/],
    ['two disks at one place', '<rasd:AddressOnParent>1<', '<rasd:AddressOnParent>0<', /two items are at 3:0/],
    [
      'a size that is none',
      'ovf:configuration="large"',
      'ovf:configuration="huge"',
      /configuration huge, which is none/,
    ],
    [
      'a size without memory',
      /<Item ovf:configuration="large">\s*<rasd:AllocationUnits>byte[\s\S]*?<\/Item>/,
      '',
      /large: processors and memory/,
    ],
    ['two sizes of one name', 'ovf:id="medium"', 'ovf:id="small"', /same id/],
    ['two default sizes', 'ovf:id="medium"', 'ovf:id="medium" ovf:default="true"', /more than one configuration/],
    [
      'no CD drive for the ISO',
      /<Item>\s*<rasd:AddressOnParent>0<\/rasd:AddressOnParent>\s*<rasd:Auto[\s\S]*?<\/Item>/,
      '',
      /needs a CD drive/,
    ],
    ['a transport that is none', 'iso com.vmware.guestInfo', 'iso floppy', /floppy is no transport/],
    ['hardware of another product', 'vmx-10', 'virtualbox-2.2', /no hardware version/],
    ['a network that is not there', '<rasd:Connection>VM Network<', '<rasd:Connection>LAN<', /no network LAN/],
    ['a key with a dot', 'ovf:key="edgeName"', 'ovf:key="edge.name"', /dot, a colon or a blank/],
    ['a key twice', 'ovf:key="gateway"', 'ovf:key="address"', /property address is there twice/],
    ['a class twice', 'ovf:class="conjurer.proxy"', 'ovf:class="conjurer"', /two product sections/],
    ['a type that is none', 'ovf:type="string"', 'ovf:type="text"', /none of CIM/],
    ['a qualifier that is none', 'MaxLen(63)', 'Max(63)', /not of DSP0243/],
    ['a value that is too long', 'MaxLen(15)', 'MaxLen(3)', /longer than it may be/],
  ])('finds %s', (_name, what, instead, says) => {
    const changed = text.replace(what, instead);
    expect(changed).not.toBe(text);
    expect(checkDescriptor(changed, files).join('\n')).toMatch(says);
  });
});

function all(element: XmlElement, name: string): XmlElement[] {
  return [...(element.name === name ? [element] : []), ...element.children.flatMap(child => all(child, name))];
}
