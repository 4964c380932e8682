import { describe, expect, it } from 'vitest';
import { compareHardware } from '../../../../agent/enrolment/hardware.ts';
import type { StoredHardware } from '../../../../agent/enrolment/state.ts';

const machine: StoredHardware = {
  instanceId: 'i-1',
  smbiosUuid: '4c4c4544-0001',
  serial: 'SN1',
  rootDiskSerial: 'disk-1',
  machineIdHash: 'aa',
  imageBuildId: 'build-1',
};
const unknown: StoredHardware = {
  instanceId: null,
  smbiosUuid: null,
  serial: null,
  rootDiskSerial: null,
  machineIdHash: null,
  imageBuildId: null,
};

describe('compareHardware', () => {
  it('calls the same machine the same', () => {
    expect(compareHardware(machine, { ...machine })).toEqual({ kind: 'same' });
  });

  it('calls a machine without anything to tell it by the same', () => {
    expect(compareHardware(unknown, unknown)).toEqual({ kind: 'same' });
  });

  it.each([
    ['another SMBIOS UUID', machine, { ...machine, smbiosUuid: '4c4c4544-0002' }, 'smbiosUuid'],
    [
      'another serial where no UUID is known',
      { ...machine, smbiosUuid: null },
      { ...machine, smbiosUuid: null, serial: 'SN2' },
      'serial',
    ],
    [
      'another root disk where neither is known',
      { ...unknown, rootDiskSerial: 'disk-1' },
      { ...unknown, rootDiskSerial: 'disk-2' },
      'rootDiskSerial',
    ],
    [
      'another machine-id where no hardware is known',
      { ...unknown, machineIdHash: 'aa' },
      { ...unknown, machineIdHash: 'bb' },
      'machineIdHash',
    ],
  ])('sees a copy by %s', (_name, stored, now, field) => {
    expect(compareHardware(stored, now)).toMatchObject({ kind: 'cloned', field });
  });

  it.each([
    ['a new instance-id', { ...machine, instanceId: 'i-2' }, ['instanceId']],
    ['a new disk in the same machine', { ...machine, rootDiskSerial: 'disk-2' }, ['rootDiskSerial']],
    ['a machine-id made anew', { ...machine, machineIdHash: 'bb' }, ['machineIdHash']],
    ['firmware that hides the serial now', { ...machine, serial: null }, ['serial']],
  ])('goes on with %s, and names it', (_name, now, fields) => {
    expect(compareHardware(machine, now)).toEqual({ kind: 'changed', fields });
  });
});
