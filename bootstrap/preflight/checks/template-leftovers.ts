import { hint } from '../../facts/text.ts';
import type { Files } from '../../host/host.ts';
import { type Check, pass, skip } from '../check.ts';

const NET_RULES = '/etc/udev/rules.d/70-persistent-net.rules';
const SEED = '/var/lib/systemd/random-seed';

/** What a template that was started once, and not cleaned, hands on to every machine made from it. */
export const templateLeftoversCheck: Check = {
  id: 'template-leftovers',
  async run({ host, disk, facts }) {
    if (host.root !== '/') return skip('this tree may be the template itself');
    const builtAt = (await facts()).image?.builtAt ?? null;
    const found = [...(await journals(disk)), ...(await instances(disk)), ...(await older(disk, builtAt))];
    if ((await hint(disk.stat(NET_RULES))) !== null) found.push(NET_RULES);
    if (found.length === 0) return pass('nothing');
    const shown = found.length > 5 ? `${found.slice(0, 5).join(', ')} and ${found.length - 5} more` : found.join(', ');
    const fix = 'remove what is named; for the next image: conjurer reset, cloud-init clean --logs, then capture it';
    return { status: 'warn', observed: shown, fix };
  },
};

/** Each machine id has a directory of its own for its logs. */
async function journals(disk: Files): Promise<string[]> {
  const own = (await hint(disk.readText('/etc/machine-id')))?.trim();
  const names = (await hint(disk.list('/var/log/journal'))) ?? [];
  const others = names.filter(name => /^[0-9a-f]{32}$/.test(name) && name !== own);
  return others.length === 0 ? [] : [`${others.length} other machine's journal in /var/log/journal`];
}

async function instances(disk: Files): Promise<string[]> {
  const current = (await hint(disk.readlink('/var/lib/cloud/instance')))?.split('/').at(-1);
  const names = (await hint(disk.list('/var/lib/cloud/instances'))) ?? [];
  return names.filter(name => current !== undefined && name !== current).map(name => `cloud-init instance ${name}`);
}

/** Files that each boot writes anew, and that are still from before the image was made. */
async function older(disk: Files, builtAt: string | null): Promise<string[]> {
  if (builtAt === null) return [];
  const leases = ((await hint(disk.list('/var/lib/dhcp'))) ?? []).map(name => `/var/lib/dhcp/${name}`);
  const paths = [SEED, ...leases.filter(path => /\.leases?$/.test(path))];
  const infos = await Promise.all(paths.map(path => hint(disk.stat(path))));
  return paths.filter((_, index) => {
    const info = infos[index] ?? null;
    return info !== null && info.size > 0 && info.mtimeMs < Date.parse(builtAt);
  });
}
