import { expect, it } from 'vitest';
import { diskNames, disksBelow } from '../../../../bootstrap/facts/block-devices.ts';
import { fixtureHost } from '../../../support/facts-fixtures/fixture-host.ts';

const metal = fixtureHost('ubuntu-22.04-metal').host.files;
const vmware = fixtureHost('ubuntu-18.04-vmware').host.files;

it.each([
  ['a whole NVMe disk', metal, '259:0', ['nvme0n1']],
  ['a partition', metal, '259:4', ['nvme1n1']],
  ['a RAID array', metal, '9:0', ['nvme0n1', 'nvme1n1']],
  ['a device by its name', metal, '/dev/sda1', ['sda']],
  ['a logical volume', vmware, '253:0', ['sda']],
  ['a whole SCSI disk', vmware, '8:16', ['sdb']],
  ['a file as a device', vmware, '7:0', []],
  ['a device that is gone', vmware, '8:99', []],
])('%s lies on its disks', async (_, files, device, disks) => {
  expect(await disksBelow(files, device)).toEqual(disks);
});

it('counts no optical, floppy, loop or mapped device as a disk', async () => {
  expect(await diskNames(vmware)).toEqual(['sda', 'sdb']);
});
