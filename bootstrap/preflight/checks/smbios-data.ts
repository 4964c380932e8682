import { type Check, onRunningSystem, pass, skip, unknown } from '../check.ts';

/** That two machines have the same data, only the Controller can see. */
export const smbiosDataCheck: Check = {
  id: 'smbios-data',
  run: onRunningSystem(async ({ facts, uid }) => {
    const { identity, virtualization } = await facts();
    const { placeholders, smbiosUuid, serial } = identity;
    if (virtualization.container !== null) return skip('a container has no hardware of its own');
    if (placeholders.length > 0) {
      const fix = 'give the VM a UUID of its own, or have the maker set the board’s data; conjurer goes on without';
      return { status: 'warn', observed: `fillers in ${placeholders.join(', ')}`, fix };
    }
    if (smbiosUuid !== null) return pass(serial === null ? 'a UUID, no serial' : 'UUID and serial');
    return unknown(uid === 0 ? 'the firmware tells no UUID' : 'only root may read UUID and serial');
  }),
};
