import { createHmac } from 'node:crypto';
import type { Source } from './source.ts';
import { readReported } from './text.ts';

const PATH = '/etc/machine-id';
const FIELD = 'identity.machineIdHash';

/** Names conjurer in the hash. It must never change: the hash is compared with the one of earlier runs. */
const APPLICATION_ID = Buffer.from('c1f04b7a9d2e4f63a85c07e1b3d9426f', 'hex');

/**
 * The machine-id is confidential (machine-id(5)), so only a keyed hash of it leaves: keyed by the machine-id over an
 * application id, as sd_id128_get_machine_app_specific does, but not cut to 128 bits.
 */
export const machineId: Source<{ machineIdHash: string | null }> = {
  name: 'machine-id',
  fields: [FIELD],
  unknown: { machineIdHash: null },
  async read({ disk }, report) {
    const text = await readReported(disk, PATH, FIELD, report);
    if (text === null) return { machineIdHash: null };
    const machineIdHash = hashMachineId(text);
    if (machineIdHash === null) report(FIELD, `${PATH} holds no machine-id (it is set at first boot)`);
    return { machineIdHash };
  },
};

/** 64 hex digits; null unless the text is a machine-id: 32 hex digits, not all zero. */
export function hashMachineId(text: string): string | null {
  const id = text.trim();
  if (!/^[0-9a-f]{32}$/i.test(id) || /^0+$/.test(id)) return null;
  return createHmac('sha256', Buffer.from(id, 'hex')).update(APPLICATION_ID).digest('hex');
}
