import type { Hardware } from '../../agent/controller/protocol.ts';

/**
 * Same: equal SMBIOS UUIDs, or, where either is null, equal serials. Unknown: neither can be compared.
 * A comparison tells which case to show to a person, it never identifies a machine.
 */
export function compareHardware(a: Hardware, b: Hardware): 'same' | 'different' | 'unknown' {
  if (a.smbiosUuid !== null && b.smbiosUuid !== null) return a.smbiosUuid === b.smbiosUuid ? 'same' : 'different';
  if (a.serial !== null && b.serial !== null) return a.serial === b.serial ? 'same' : 'different';
  return 'unknown';
}
