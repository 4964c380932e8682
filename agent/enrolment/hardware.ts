import type { Facts } from '../../bootstrap/facts/facts.ts';
import type { StoredHardware } from './state.ts';

export type HardwareVerdict =
  | { readonly kind: 'same' }
  /** The same machine, repaired or re-imaged in part: go on, and tell the Controller. */
  | { readonly kind: 'changed'; readonly fields: readonly string[] }
  /** The state on this disk was made on another machine. */
  | { readonly kind: 'cloned'; readonly field: string; readonly was: string; readonly is: string };

/** What tells a machine from its copies, out of its facts. */
export function hardwareIdentity(facts: Facts): StoredHardware {
  return {
    instanceId: facts.cloudInit.instanceId,
    smbiosUuid: facts.identity.smbiosUuid,
    serial: facts.identity.serial,
    rootDiskSerial: facts.rootDiskSerial,
    machineIdHash: facts.identity.machineIdHash,
    imageBuildId: facts.image?.buildId ?? null,
  };
}

/**
 * The first of these that is known on both sides decides, as on the Controller; the machine-id only where there is no
 * hardware to ask, since it lives on the disk that a clone copies, or is made anew by a template's first boot.
 */
const decisive = ['smbiosUuid', 'serial', 'rootDiskSerial', 'machineIdHash'] as const;

export function compareHardware(stored: StoredHardware, now: StoredHardware): HardwareVerdict {
  for (const field of decisive) {
    const was = stored[field];
    const is = now[field];
    if (was === null || is === null) continue;
    if (was !== is) return { kind: 'cloned', field, was, is };
    break;
  }
  const fields = Object.keys(now).filter(
    name => stored[name as keyof StoredHardware] !== now[name as keyof StoredHardware],
  );
  return fields.length === 0 ? { kind: 'same' } : { kind: 'changed', fields };
}
