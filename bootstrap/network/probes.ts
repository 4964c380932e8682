import type { Facts } from '../facts/facts.ts';
import type { Probe } from '../firewall/stage.ts';
import type { Host } from '../host/host.ts';
import { askGateway } from './gateway.ts';
import { type LiveNetwork, missingFrom, readLiveNetwork } from './live.ts';
import { interfacesOf, type NetworkSettings } from './settings.ts';
import { nameOnHost, wantedLinks } from './wanted.ts';

/** What one look at the network has shown, in words. It works where nothing failed. */
export interface Look {
  readonly proved: readonly string[];
  readonly notProved: readonly string[];
  readonly failed: readonly string[];
}

const defaults = ['0.0.0.0/0', '::/0'];

/**
 * From the lowest layer up: addresses and routes, leases, a default route, the neighbour that is the gateway, and then
 * name, TCP and TLS of the Controller. Where a layer fails those above it are not tried.
 */
export async function probeNetwork(
  settings: NetworkSettings,
  host: Host,
  nics: Facts['nics'],
  probe: (signal: AbortSignal) => Promise<Probe>,
  signal: AbortSignal,
): Promise<Look> {
  const live = await readLiveNetwork(host);
  const missing = [...missingFrom(live, wantedLinks(settings, nics)), ...missingLeases(settings, live, nics)];
  if (missing.length > 0) return { proved: [], notProved: [], failed: missing };
  const proved = ['addresses and routes are as configured'];
  const gateways = live.routes.filter(({ destination, gateway }) => defaults.includes(destination) && gateway !== null);
  if (gateways.length === 0 && hasDefault(settings)) {
    return { proved, notProved: [], failed: ['there is no default route'] };
  }
  const neighbours = await Promise.all(
    gateways.map(({ gateway, ...route }) => askGateway(host, gateway ?? '', route.interface)),
  );
  const dead = neighbours.filter(({ answers }) => answers === false);
  if (dead.length > 0) {
    return { proved, notProved: [], failed: dead.map(({ text }) => `the gateway ${text} does not answer`) };
  }
  proved.push(...neighbours.filter(({ answers }) => answers === true).map(({ text }) => `the gateway ${text} answers`));
  const notProved = neighbours
    .filter(({ answers }) => answers === null)
    .map(({ text }) => `that the gateway ${text} answers`);
  const controller = await probe(signal);
  if (controller.result === 'not-reached') return { proved, notProved, failed: [`the Controller: ${controller.text}`] };
  if (controller.result === 'reached')
    return { proved: [...proved, `the Controller: ${controller.text}`], notProved, failed: [] };
  return {
    proved,
    notProved: [...notProved, `that names resolve and the Controller can be reached: ${controller.text}`],
    failed: [],
  };
}

function missingLeases(settings: NetworkSettings, live: LiveNetwork, nics: Facts['nics']): string[] {
  return interfacesOf(settings).flatMap(({ key, settings: one }) => {
    if (one.optional === true) return [];
    const name = nameOnHost(key, one, nics);
    const addresses = live.links.get(name)?.addresses ?? [];
    const fixed = (six: boolean) => one.addresses.filter(address => address.includes(':') === six).length;
    const has = (six: boolean) => addresses.filter(address => address.includes(':') === six).length > fixed(six);
    return [
      ...(one.dhcp4 && !has(false) ? [`${name} has no IPv4 address from DHCP`] : []),
      ...(one.dhcp6 && !has(true) ? [`${name} has no IPv6 address from DHCP`] : []),
    ];
  });
}

function hasDefault(settings: NetworkSettings): boolean {
  return interfacesOf(settings).some(({ settings: one }) => one.routes.some(({ to }) => defaults.includes(to)));
}
