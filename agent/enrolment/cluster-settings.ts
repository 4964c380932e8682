import type { ClusterSettings } from '../../bootstrap/cluster/settings.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import { readAppliedConfiguration } from './configuration-store.ts';
import type { State } from './state.ts';

/** The section `cluster` of the configuration in force, without its secret; null: there is none. */
export async function clusterSettings(host: Host, state: State): Promise<ClusterSettings | null> {
  const cluster = await sectionInForce(host, state);
  if (cluster === null) return null;
  const { distribution, kubernetesVersion, role, podSubnet, serviceSubnet, controlPlaneEndpoint, join } = cluster;
  return {
    distribution,
    kubernetesVersion,
    role,
    podSubnet: podSubnet ?? null,
    serviceSubnet: serviceSubnet ?? null,
    controlPlaneEndpoint: controlPlaneEndpoint ?? null,
    join: join === undefined ? null : { endpoint: join.endpoint, caCertHashes: join.caCertHashes },
  };
}

/** A secret. null: the configuration in force has none. */
export async function joinToken(host: Host, state: State): Promise<string | null> {
  return (await sectionInForce(host, state))?.join?.token ?? null;
}

async function sectionInForce({ files }: Host, state: State) {
  return (await readAppliedConfiguration(files, state))?.document.cluster ?? null;
}
