import type { Files } from '../host/host.ts';
import { normalizeMac } from './address.ts';
import { type Link, readLinks } from './addresses.ts';
import type { Facts } from './facts.ts';
import { isDefault, readRoutes } from './routes.ts';
import { reasonOf, type Source } from './source.ts';
import { byText, clean, count, hint } from './text.ts';

type Nic = Facts['nics'][number];
/** A NIC with what it is built on, before it is known which of them lead out. */
type Found = Omit<Nic, 'uplink'> & { readonly lower: readonly string[] };

/** Interfaces and routes: one source, since a default route is what tells an uplink where no hardware can be seen. */
export const nics: Source<Pick<Facts, 'nics' | 'routes'>> = {
  name: 'nics',
  fields: ['nics', 'routes'],
  unknown: { nics: [], routes: [] },
  async read(view, report) {
    const [names, links, routes] = await Promise.all([
      view.running.list('/sys/class/net').catch((error: unknown) => {
        report('nics', reasonOf(error));
        return null;
      }),
      readLinks(view),
      readRoutes(view, report),
    ]);
    if (names === null) report('nics', '/sys/class/net cannot be read: driver, speed, carrier and kind are not known');
    if (links === null) report('nics.addresses', 'ip is not there or gave no answer');
    const ways = new Set(routes.filter(isDefault).map(route => route.interface));
    const isLeftOut = (name: string): boolean => isPodCable(name, links?.get(name)) && !ways.has(name);
    const found = await Promise.all(
      (names ?? [...(links?.keys() ?? [])])
        .filter(name => name !== 'lo' && name !== 'bonding_masters' && !isLeftOut(name))
        .map(name => nicOf(view.running, name, links?.get(name))),
    );
    return {
      nics: found
        .map(({ lower, ...nic }) => ({ ...nic, uplink: ways.has(nic.name) || isUplink({ ...nic, lower }, found) }))
        .sort((a, b) => byText(a.name, b.name)),
      routes: routes.filter(route => !isLeftOut(route.interface)),
    };
  },
};

async function nicOf(files: Files, name: string, link: Link | undefined): Promise<Found> {
  const place = await placeOf(files, name);
  const at = (file: string): Promise<string | null> => hint(files.readText(`${place}/${file}`));
  const [entries, mac, own, mtu, speed, carrier, uevent, driver, master] = await Promise.all([
    hint(files.list(place)),
    at('address'),
    at('bonding_slave/perm_hwaddr'),
    at('mtu'),
    at('speed'),
    at('carrier'),
    at('uevent'),
    hint(files.readlink(`${place}/device/driver`)),
    hint(files.readlink(`${place}/master`)),
  ]);
  return {
    name: clean(name) ?? '',
    mac: normalizeMac(own) ?? normalizeMac(mac) ?? link?.mac ?? null,
    addresses: [...(link?.addresses ?? [])],
    mtu: count(mtu) ?? link?.mtu ?? null,
    speedMbps: speedOf(count(speed)),
    driver: lastPart(driver),
    carrier: carrier === null ? null : carrier.trim() === '1',
    kind: kindOf(entries ?? [], uevent ?? ''),
    master: lastPart(master),
    lower: (entries ?? []).filter(entry => entry.startsWith('lower_')).map(entry => entry.slice('lower_'.length)),
  };
}

/** /sys/class/net holds links; to follow each once and not for every file is a third of the time. */
async function placeOf(files: Files, name: string): Promise<string> {
  const target = await hint(files.readlink(`/sys/class/net/${name}`));
  return target === null ? `/sys/class/net/${name}` : new URL(target, 'file:///sys/class/net/').pathname;
}

function kindOf(entries: readonly string[], uevent: string): Nic['kind'] {
  if (entries.includes('bonding')) return 'bond';
  if (entries.includes('bridge')) return 'bridge';
  if (/^DEVTYPE=vlan$/m.test(uevent)) return 'vlan';
  return entries.includes('device') ? 'physical' : 'virtual';
}

/** Drivers that do not know say -1 or its unsigned form, some 0. */
function speedOf(megabits: number | null): number | null {
  return megabits === null || megabits === 0 || megabits >= 0xffff_ffff ? null : megabits;
}

/**
 * The host's end of a pod's veth pair: a busy node has hundreds, they come and go, and say nothing of the machine. Told by
 * the name alone, since to look at each would take longer than all other facts together.
 */
function isPodCable(name: string, link: Link | undefined): boolean {
  return /^(veth|cali|lxc|tap)/.test(name) && (link?.addresses ?? []).length === 0;
}

function isUplink(nic: Found, all: readonly Found[]): boolean {
  return nic.master === null && isOnHardware(nic, all, 0);
}

const MAX_LAYERS = 4;

function isOnHardware(nic: Found, all: readonly Found[], layer: number): boolean {
  if (nic.kind === 'physical') return true;
  if (nic.kind === 'virtual' || layer > MAX_LAYERS) return false;
  return all.some(one => nic.lower.includes(one.name) && isOnHardware(one, all, layer + 1));
}

function lastPart(link: string | null): string | null {
  return clean(link?.split('/').at(-1) ?? '');
}
