import { hardwareItems, network, type ScsiController } from './hardware.ts';
import { productSections } from './properties.ts';
import { defaultSize, type Size, sizes } from './sizes.ts';
import { document, element, info, type Xml } from './xml.ts';

/** By what vSphere is to show, and choose defaults for. */
export type Guest = keyof typeof guests;

export interface Descriptor {
  /** Of the appliance: clusterimage-r-v1.3.0 */
  readonly name: string;
  readonly version: string;
  readonly disk: { readonly href: string; readonly bytes: number; readonly capacityBytes: number };
  readonly guest: Guest;
  readonly hardwareVersion: number;
  readonly scsi: ScsiController;
}

const vmdkFormat = 'http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized';

/** CIM's number of the operating system, and VMware's name. vSphere 5.5 knows no newer name of Debian than 7. */
const guests = {
  debian: { id: 96, type: 'debian7_64Guest', name: 'Debian GNU/Linux (64-bit)' },
  ubuntu: { id: 94, type: 'ubuntu64Guest', name: 'Ubuntu Linux (64-bit)' },
} as const;

/**
 * The OVF descriptor: envelope version 1 (DSP0243), with VMware's extensions marked as not required. One machine, its
 * shape by size, and what the person who deploys it is asked for.
 */
export function ovfDescriptor({ name, version, disk, guest, hardwareVersion, scsi }: Descriptor): string {
  const { id, type, name: system } = guests[guest];
  return document([
    element('References', {}, [element('File', { 'ovf:id': 'system', 'ovf:href': disk.href, 'ovf:size': disk.bytes })]),
    element('DiskSection', {}, [
      info('Virtual disks of the machine'),
      element('Disk', {
        'ovf:diskId': 'system',
        'ovf:fileRef': 'system',
        'ovf:capacity': disk.capacityBytes,
        'ovf:capacityAllocationUnits': 'byte',
        'ovf:format': vmdkFormat,
      }),
      ...sizes.map(dataDisk),
    ]),
    element('NetworkSection', {}, [
      info('Networks that the machine is connected to'),
      element('Network', { 'ovf:name': network }, [
        element('Description', {}, 'The way out to the Controller; inbound only 80 and 443.'),
      ]),
    ]),
    element('DeploymentOptionSection', {}, [
      info('Sizes'),
      ...sizes.map(size =>
        element('Configuration', { 'ovf:id': size.id, ...(size.id === defaultSize ? { 'ovf:default': 'true' } : {}) }, [
          element('Label', {}, size.label),
          element('Description', {}, describe(size)),
        ]),
      ),
    ]),
    element('VirtualSystem', { 'ovf:id': name }, [
      info('A machine that registers with the Controller when it first boots'),
      element('Name', {}, name),
      element('OperatingSystemSection', { 'ovf:id': id, 'vmw:osType': type }, [
        info('Installed operating system'),
        element('Description', {}, system),
      ]),
      element('VirtualHardwareSection', { 'ovf:transport': 'iso com.vmware.guestInfo' }, [
        info('Virtual hardware'),
        element('System', {}, [
          element('vssd:ElementName', {}, 'Virtual Hardware Family'),
          element('vssd:InstanceID', {}, '0'),
          element('vssd:VirtualSystemIdentifier', {}, name),
          element('vssd:VirtualSystemType', {}, `vmx-${hardwareVersion}`),
        ]),
        ...hardwareItems(scsi),
      ]),
      ...productSections(version),
    ]),
  ]);
}

function dataDisk({ id, dataGiB }: Size): Xml {
  return element('Disk', {
    'ovf:diskId': `data-${id}`,
    'ovf:capacity': dataGiB,
    'ovf:capacityAllocationUnits': 'byte * 2^30',
    'ovf:format': vmdkFormat,
  });
}

function describe({ processors, memoryMiB, dataGiB }: Size): string {
  return `${processors} processors, ${memoryMiB / 1024} GiB of memory, an empty second disk of ${dataGiB} GiB`;
}
