import { parse } from 'yaml';
import * as z from 'zod';
import type { Host } from '../host/host.ts';
import { interfacesOf, type NetworkSettings } from './settings.ts';

export const netplanDirectory = '/etc/netplan';
/** After cloud-init's 50-cloud-init.yaml, so that what it says counts. */
export const ownNetplanFile = `${netplanDirectory}/60-conjurer.yaml`;
/** netplan reads only *.yaml. */
const aside = '.set-aside-by-conjurer';

/** The interfaces that a netplan file defines. */
export interface Defined {
  readonly names: readonly string[];
  /** Of the names: bonds, bridges and VLANs. */
  readonly virtual: readonly string[];
  /** Lower case. */
  readonly macs: readonly string[];
}

const Definitions = z.record(z.string(), z.unknown()).nullish().catch({});
const Document = z.object({
  network: z.object({ ethernets: Definitions, bonds: Definitions, vlans: Definitions, bridges: Definitions }).partial(),
});
const Matched = z.object({ match: z.object({ macaddress: z.string() }) });

/** Reads the text of a netplan file. What is none defines nothing; `netplan generate` names what is wrong with it. */
export function parseNetplan(text: string): Defined {
  const { data } = Document.safeParse(yamlOf(text));
  const { ethernets, bonds, vlans, bridges } = data?.network ?? {};
  const virtual = [bonds, vlans, bridges].flatMap(section => Object.keys(section ?? {}));
  const macs = Object.values(ethernets ?? {}).flatMap(one => Matched.safeParse(one).data?.match.macaddress ?? []);
  const names = [...Object.keys(ethernets ?? {}), ...virtual];
  return { names, virtual, macs: macs.map(mac => mac.toLowerCase()) };
}

/**
 * Files of others in /etc/netplan that define an interface of the settings: netplan would merge their lists with ours,
 * so that an address of theirs could not be taken away. Each is to be moved aside whole. `macOf`: of an interface by name.
 */
export async function findClashes(
  { files }: Host,
  settings: NetworkSettings,
  macOf: (name: string) => string | null,
): Promise<{ from: string; to: string }[]> {
  const ours = interfacesOf(settings).map(({ key, settings: one }) => ({
    key,
    mac: ('match' in one ? one.match?.macaddress.toLowerCase() : undefined) ?? macOf(key),
  }));
  const clashes: { from: string; to: string }[] = [];
  for (const name of (await files.list(netplanDirectory)) ?? []) {
    const from = `${netplanDirectory}/${name}`;
    if (!name.endsWith('.yaml') || from === ownNetplanFile) continue;
    const theirs = parseNetplan((await files.readText(from)) ?? '');
    const macs = [...theirs.macs, ...theirs.names.flatMap(other => macOf(other) ?? [])];
    if (ours.some(({ key, mac }) => theirs.names.includes(key) || (mac !== null && macs.includes(mac)))) {
      clashes.push({ from, to: from + aside });
    }
  }
  return clashes;
}

function yamlOf(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return null;
  }
}
