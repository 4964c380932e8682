import { setTimeout as delay } from 'node:timers/promises';
import { userData } from '../vm/inputs.ts';
import { statusOf } from '../vm/inside.ts';
import type { Powered } from '../vm/qemu.ts';
import { type Machine, openSite, type Site } from '../vm/site.ts';
import { openStation, type Station } from '../vm/station.ts';
import { oneMachine } from './configuration.ts';
import { kubernetesImage } from './image.ts';

/** The machine's own, which QEMU's router leads to, and as which its cluster knows it. */
export const ownAddress = '10.0.2.15';
/** By it the machine reaches the Controller, and nothing else. */
export const controllerAddress = '10.0.2.100';
export const stationCard = '52:54:00:5a:00:02';

/** A machine that is to become a cluster, a Controller that it can reach, and a neighbour that knocks. */
export interface Place {
  readonly site: Site;
  readonly station: Station;
  readonly machine: Machine;
  readonly edge: string;
  close(): Promise<void>;
}

export async function openPlace(name: string, { autoApprove }: { readonly autoApprove: boolean }): Promise<Place> {
  const site = await openSite({ autoApprove, hosts: [controllerAddress], configuration: oneMachine });
  const station = await openStation({ addresses: ['192.0.2.1'], names: {} });
  const machine = await secludedMachine(name, { site, station, mac: stationCard });
  const edge = `edge-${name}`;
  const network = {
    version: 2,
    ethernets: {
      // A router that lets nothing through names neither a way nor a name server by DHCP.
      way: {
        match: { macaddress: machine.mac },
        addresses: [`${ownAddress}/24`],
        routes: [{ to: 'default', via: '10.0.2.2' }],
        nameservers: { addresses: ['10.0.2.9'] },
      },
      lan: { match: { macaddress: stationCard }, addresses: ['192.0.2.10/24'], optional: true },
    },
  };
  machine.insert({ instanceId: name, userData: userData(site, { edgeName: edge }), network });
  return {
    site,
    station,
    machine,
    edge,
    async close() {
      await site.close();
      station.close();
    },
  };
}

/** Of the Kubernetes image; it reaches the Controller and nothing else. `mac`: of its card on the segment of the station. */
export async function secludedMachine(
  name: string,
  { site, station, mac }: { readonly site: Site; readonly station: Station; readonly mac: string },
): Promise<Machine> {
  return site.machine(name, {
    disk: kubernetesImage,
    memoryMiB: 4096,
    secluded: controllerAddress,
    forward: [80],
    station: { mac, ports: await station.plug() },
  });
}

/** Waits until conjurer has handed the machine over. Throws what it gave up with. */
export async function handedOff(powered: Powered): Promise<void> {
  for (;;) {
    const status = await statusOf(powered);
    if (status?.state === 'handed-off') return;
    if (status?.state === 'failed') throw new Error(`conjurer failed: ${JSON.stringify(status.lastError)}`);
    await delay(1000);
  }
}

/** What a browser outside of the machine gets from its port 80, as soon as something answers there. */
export async function pageOf({ site, machine }: Pick<Place, 'site' | 'machine'>): Promise<string> {
  return site.eventually(async () => {
    try {
      const answer = await fetch(`http://127.0.0.1:${machine.outside(80)}/`, { signal: AbortSignal.timeout(20_000) });
      return answer.status === 200 ? await answer.text() : null;
    } catch {
      return null;
    }
  });
}
