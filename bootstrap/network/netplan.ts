import { stringify } from 'yaml';
import { type Interface, interfacesOf, type NetworkSettings } from './settings.ts';

const header = '# Written by conjurer from its configuration; changes here are lost. docs/network.md\n';

/** The text of 60-conjurer.yaml. Forms that netplan 0.99 (Ubuntu 18.04) knows too. */
export function renderNetplan(settings: NetworkSettings): string {
  const sections: Record<string, Record<string, unknown>> = {};
  for (const { section, key, settings: one } of interfacesOf(settings)) {
    sections[section] = { ...sections[section], [key]: definition(one) };
  }
  const document = { network: { version: 2, renderer: 'networkd', ...sections } };
  return header + stringify(document, { lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' });
}

/** `dhcp4: false` is always said, since a file that stays may say otherwise. */
function definition(one: Interface): object {
  const { addresses, routes, nameservers, ...rest } = one;
  return {
    ...rest,
    ...('parameters' in rest && rest.parameters !== undefined
      ? { parameters: withTextIntervals(rest.parameters) }
      : {}),
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(routes.length === 0 ? {} : { routes }),
    ...(nameservers === undefined ? {} : { nameservers: withoutEmpty(nameservers) }),
  };
}

/** cloud-init's schema wants them as text. */
function withTextIntervals(parameters: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const interval = 'mii-monitor-interval';
  return interval in parameters ? { ...parameters, [interval]: String(parameters[interval]) } : { ...parameters };
}

function withoutEmpty(lists: Readonly<Record<string, readonly string[]>>): Record<string, readonly string[]> {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
}
