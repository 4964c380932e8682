import { createHash } from 'node:crypto';
import { hashMachineId } from '../../../../bootstrap/facts/machine-id.ts';
import type { Files } from '../../../../bootstrap/host/host.ts';
import type { Make } from '../collector.ts';

const dmi = '/sys/class/dmi/id';
const fields = ['sys_vendor', 'product_name', 'product_uuid', 'product_serial', 'chassis_asset_tag', 'bios_version'];

/** By what a machine is told from its copies: identifiers, their hashes, and since when they are there. */
export const identityText: Make = async ({ host: { files } }) => {
  const read = async (path: string) => (await files.readText(path).catch(() => null))?.trim() ?? null;
  const machineId = await read('/etc/machine-id');
  const firmware: Record<string, string | null> = {};
  for (const field of fields) firmware[field] = await read(`${dmi}/${field}`);
  return `${JSON.stringify(
    {
      hostname: await read('/etc/hostname'),
      machineIdHash: machineId === null ? null : hashMachineId(machineId),
      machineIdWrittenAt: await changedAt(files, '/etc/machine-id'),
      bootId: await read('/proc/sys/kernel/random/boot_id'),
      firmware,
      cloudInitInstance: await read('/var/lib/cloud/data/instance-id'),
      cloudInitPreviousInstance: await read('/var/lib/cloud/data/previous-instance-id'),
      hostKeys: await hostKeys(files),
    },
    null,
    2,
  )}\n`;
};

/** The fingerprints as ssh-keygen -l shows them; the keys themselves are not read. */
async function hostKeys(files: Files): Promise<unknown[]> {
  const names = ((await files.list('/etc/ssh').catch(() => null)) ?? []).filter(name =>
    /^ssh_host_.*_key\.pub$/.test(name),
  );
  const keys: unknown[] = [];
  for (const name of names) {
    const [type, key] = ((await files.readText(`/etc/ssh/${name}`).catch(() => null)) ?? '').split(' ');
    const hash = createHash('sha256')
      .update(Buffer.from(key ?? '', 'base64'))
      .digest('base64')
      .replace(/=+$/, '');
    keys.push({ type, fingerprint: `SHA256:${hash}`, writtenAt: await changedAt(files, `/etc/ssh/${name}`) });
  }
  return keys;
}

async function changedAt(files: Files, path: string): Promise<string | null> {
  const info = await files.stat(path).catch(() => null);
  return info === null ? null : new Date(info.mtimeMs).toISOString();
}
