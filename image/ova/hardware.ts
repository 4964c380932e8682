import { type Size, sizes } from './sizes.ts';
import { element, type Xml } from './xml.ts';

/** lsilogic only where an image brings the driver: the kernel of Debian's for virtual machines has none. */
export type ScsiController = 'pvscsi' | 'lsilogic';

/** The logical network; whoever deploys the machine says which one of the site it is. */
export const network = 'VM Network';

/** Values of ResourceType in CIM_ResourceAllocationSettingData. */
const type = { processor: 3, memory: 4, ide: 5, scsi: 6, ethernet: 10, cd: 15, disk: 17 } as const;

/**
 * The virtual hardware. PVSCSI and VMXNET3 are what the image's kernel has drivers for. The CD drive hangs on IDE for the
 * same reason, and carries the OVF environment where VMware's tools do not.
 */
export function hardwareItems(scsi: ScsiController): Xml[] {
  return [
    ...sizes.map(processors),
    ...sizes.map(memory),
    item({
      Address: '0',
      ElementName: 'SCSI controller 0',
      InstanceID: '3',
      ResourceSubType: scsi === 'pvscsi' ? 'VirtualSCSI' : 'lsilogic',
      ResourceType: type.scsi,
    }),
    item({ Address: '0', ElementName: 'IDE controller 0', InstanceID: '4', ResourceType: type.ide }),
    item({
      AddressOnParent: '0',
      AutomaticAllocation: 'true',
      ElementName: 'CD drive 1',
      InstanceID: '5',
      Parent: '4',
      ResourceSubType: 'vmware.cdrom.remotepassthrough',
      ResourceType: type.cd,
    }),
    item({
      AddressOnParent: '7',
      AutomaticAllocation: 'true',
      Connection: network,
      Description: 'VMXNET3',
      ElementName: 'Network adapter 1',
      InstanceID: '6',
      ResourceSubType: 'VmxNet3',
      ResourceType: type.ethernet,
    }),
    disk({ name: 'system', instance: '7', unit: '0', label: 'Hard disk 1' }),
    ...sizes.map(({ id }) => disk({ name: `data-${id}`, instance: '8', unit: '1', label: 'Hard disk 2', id })),
  ];
}

function processors({ id, processors: count }: Size): Xml {
  return item(
    {
      AllocationUnits: 'hertz * 10^6',
      Description: 'Number of virtual processors',
      ElementName: `${count} virtual processors`,
      InstanceID: '1',
      ResourceType: type.processor,
      VirtualQuantity: count,
    },
    id,
  );
}

function memory({ id, memoryMiB }: Size): Xml {
  return item(
    {
      AllocationUnits: 'byte * 2^20',
      Description: 'Memory',
      ElementName: `${memoryMiB} MiB of memory`,
      InstanceID: '2',
      ResourceType: type.memory,
      VirtualQuantity: memoryMiB,
    },
    id,
  );
}

function disk(one: { name: string; instance: string; unit: string; label: string; id?: Size['id'] }): Xml {
  const fields = {
    AddressOnParent: one.unit,
    ElementName: one.label,
    HostResource: `ovf:/disk/${one.name}`,
    InstanceID: one.instance,
    Parent: '3',
    ResourceType: type.disk,
  };
  return item(fields, one.id);
}

/** The schema has the fields in the order of their names. `size`: only where this one is chosen. */
function item(fields: Readonly<Record<string, string | number>>, size?: Size['id']): Xml {
  const inner = Object.entries(fields)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => element(`rasd:${name}`, {}, String(value)));
  return element('Item', size === undefined ? {} : { 'ovf:configuration': size }, inner);
}
