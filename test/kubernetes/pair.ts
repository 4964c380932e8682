import { userData } from '../vm/inputs.ts';
import { type Machine, openSite, type Site } from '../vm/site.ts';
import { openStation, type Station } from '../vm/station.ts';
import { oneMachine } from './configuration.ts';
import { controllerAddress, ownAddress, secludedMachine } from './place.ts';

/** On the segment, and none of the nodes' network. */
export const stranger = '192.0.2.1';
/** On the segment as well, in the nodes' network, and no node. */
export const neighbour = '192.0.2.14';
const nodesNetwork = '192.0.2.8/29';

/** A machine that is to be a node, and as what the others know it. */
export interface Member {
  readonly machine: Machine;
  readonly edge: string;
  /** Of the node, which is also the name of its machine. */
  readonly name: string;
  readonly address: string;
  /** Of its card on the segment. */
  readonly mac: string;
}

/**
 * Two machines, each on a segment with the other and with a station, by which they are nodes to each other. By its other
 * card each reaches the Controller, and nothing else.
 */
export interface Pair {
  readonly site: Site;
  readonly station: Station;
  readonly first: Member;
  readonly second: Member;
  close(): Promise<void>;
}

export async function openPair(): Promise<Pair> {
  const site = await openSite({ autoApprove: true, hosts: [controllerAddress], configuration: oneMachine });
  const station = await openStation({ addresses: [stranger, neighbour], names: {} });
  const member = async (name: string, last: number): Promise<Member> => {
    const [address, mac] = [`192.0.2.${last}`, `52:54:00:5a:01:${last}`];
    const machine = await secludedMachine(name, { site, station, mac });
    const network = {
      version: 2,
      ethernets: {
        // Every machine has this address for its router, so that it is none for a node.
        way: {
          match: { macaddress: machine.mac },
          addresses: [`${ownAddress}/24`],
          nameservers: { addresses: ['10.0.2.9'] },
        },
        lan: {
          match: { macaddress: mac },
          addresses: [`${address}/24`],
          routes: [{ to: 'default', via: stranger }],
        },
      },
    };
    const edge = `edge-${name}`;
    const settings = { edgeName: edge, firewall: { enabled: true, peers: [nodesNetwork] } };
    machine.insert({ instanceId: name, userData: userData(site, settings), network });
    return { machine, edge, name, address, mac };
  };
  return {
    site,
    station,
    first: await member('first-node', 11),
    second: await member('second-node', 12),
    async close() {
      await site.close();
      station.close();
    },
  };
}
