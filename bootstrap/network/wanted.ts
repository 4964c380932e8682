import type { NetworkChange, NetworkLink } from '../change.ts';
import type { Facts } from '../facts/facts.ts';
import type { Host } from '../host/host.ts';
import { checkNetwork } from './check.ts';
import { digestOf } from './failed.ts';
import { renderNetplan } from './netplan.ts';
import { findClashes, ownNetplanFile, parseNetplan } from './netplan-files.ts';
import { networkdPrefix, renderNetworkd } from './networkd.ts';
import type { Renderer } from './renderer.ts';
import { interfacesOf, type NetworkSettings } from './settings.ts';

export const networkdDirectory = '/etc/systemd/network';
export const cloudDirectory = '/etc/cloud/cloud.cfg.d';
const cloudFile = `${cloudDirectory}/99-conjurer-network.cfg`;
const cloudText = '# Written by conjurer, which configures the network of this machine.\nnetwork: {config: disabled}\n';

/** The change that makes the interfaces what the settings say, or null where these name none. Reads only. */
export async function wantedNetwork(
  host: Host,
  settings: NetworkSettings,
  renderer: Renderer,
  nics: Facts['nics'],
): Promise<NetworkChange | null> {
  if (interfacesOf(settings).length === 0) return null;
  checkNetwork(settings);
  const macOf = (name: string) => nics.find(nic => nic.name === name)?.mac ?? null;
  const files = renderer === 'netplan' ? netplanFiles(settings) : await networkdFiles(host, settings);
  const hasCloudInit = (await host.files.stat(cloudDirectory)) !== null;
  return {
    kind: 'network',
    id: 'network',
    renderer,
    files: [...files, ...(hasCloudInit ? [{ path: cloudFile, mode: 0o644, content: cloudText }] : [])],
    moves: renderer === 'netplan' ? await findClashes(host, settings, macOf) : [],
    links: wantedLinks(settings, nics),
    gone: await noLongerWanted(host, settings, renderer),
    confirmSeconds: settings.confirmSeconds,
    settings: digestOf(settings),
  };
}

/** What the interfaces must show, by the names that they have on this machine. */
export function wantedLinks(settings: NetworkSettings, nics: Facts['nics']): NetworkLink[] {
  return interfacesOf(settings).flatMap(({ section, key, settings: one }) => {
    if (one.optional === true) return [];
    const { addresses, routes, mtu } = one;
    const name = nameOnHost(key, one, nics);
    return [
      { name, virtual: section !== 'ethernets', addresses, routes: routes.map(({ to }) => to), mtu: mtu ?? null },
    ];
  });
}

/** The cards that the settings name and this machine does not have, by their keys. */
export function missingCards(settings: NetworkSettings, nics: Facts['nics']): string[] {
  const there = new Set(nics.map(({ name }) => name));
  // A bond gives its members one address, so that none can be told by its own any more.
  const bonded = new Set(Object.values(settings.bonds).flatMap(({ interfaces }) => interfaces));
  return interfacesOf(settings)
    .filter(({ section, settings: one }) => section === 'ethernets' && one.optional !== true)
    .filter(({ key }) => !bonded.has(key))
    .filter(({ key, settings: one }) => !hasCard(key, one, nics, there))
    .map(({ key }) => key);
}

function hasCard(
  key: string,
  one: ReturnType<typeof interfacesOf>[number]['settings'],
  nics: Facts['nics'],
  there: ReadonlySet<string>,
): boolean {
  const mac = 'match' in one ? one.match?.macaddress.toLowerCase() : undefined;
  return mac === undefined ? there.has(key) : nics.some(nic => nic.mac === mac);
}

/** The name that an interface of the settings has on this machine. */
export function nameOnHost(
  key: string,
  one: ReturnType<typeof interfacesOf>[number]['settings'],
  nics: Facts['nics'],
): string {
  if (!('match' in one)) return key;
  const mac = one.match?.macaddress.toLowerCase();
  return one['set-name'] ?? nics.find(nic => nic.mac === mac && nic.kind !== 'vlan')?.name ?? key;
}

function netplanFiles(settings: NetworkSettings): NetworkChange['files'] {
  return [{ path: ownNetplanFile, mode: 0o600, content: renderNetplan(settings) }];
}

async function networkdFiles({ files }: Host, settings: NetworkSettings): Promise<NetworkChange['files']> {
  const wanted = renderNetworkd(settings).map(({ name, content }) => ({
    path: `${networkdDirectory}/${name}`,
    mode: 0o644,
    content,
  }));
  const present = ((await files.list(networkdDirectory)) ?? []).filter(name => name.startsWith(networkdPrefix));
  const stale = present
    .map(name => `${networkdDirectory}/${name}`)
    .filter(path => wanted.every(file => file.path !== path))
    .map(path => ({ path, mode: 0o644, content: null }));
  return [...wanted, ...stale];
}

/** Virtual interfaces of an earlier configuration of ours. */
async function noLongerWanted({ files }: Host, settings: NetworkSettings, renderer: Renderer): Promise<string[]> {
  const now = interfacesOf(settings).map(({ key }) => key);
  const before =
    renderer === 'netplan'
      ? parseNetplan((await files.readText(ownNetplanFile)) ?? '').virtual
      : ((await files.list(networkdDirectory)) ?? []).flatMap(
          name => new RegExp(`^${networkdPrefix}(.+)\\.netdev$`).exec(name)?.[1] ?? [],
        );
  return before.filter(name => !now.includes(name));
}
