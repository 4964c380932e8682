import { z } from 'zod';
import type { Powered } from '../vm/qemu.ts';
import { kubectl } from './inside-cluster.ts';

/** What a machine needs to become a node of a cluster that is there. */
export interface Joined {
  /** "192.0.2.11:6443" */
  readonly endpoint: string;
  readonly token: string;
  readonly caCertHashes: readonly string[];
}

/** Made on the control plane, as a person would. */
export async function joinData({ probe }: Powered): Promise<Joined> {
  const line = await probe.read('kubeadm token create --print-join-command');
  const [, endpoint, token, hash] = /join (\S+) --token (\S+)\s+--discovery-token-ca-cert-hash (\S+)/.exec(line) ?? [];
  if (!endpoint || !token || !hash) throw new Error('kubeadm said no command to join by');
  return { endpoint, token, caCertHashes: [hash] };
}

export interface PodPlace {
  /** "ingress/default-backend-6c8f" */
  readonly name: string;
  readonly node: string;
  readonly address: string;
}

/** Where each pod of the cluster is. */
export async function placesOf(powered: Powered): Promise<PodPlace[]> {
  const { items } = PodList.parse(JSON.parse(await kubectl(powered, 'get pods -A -o json')));
  return items.map(({ metadata, spec, status }) => {
    return { name: `${metadata.namespace}/${metadata.name}`, node: spec.nodeName, address: status.podIP };
  });
}

const PodList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), namespace: z.string() }),
      spec: z.object({ nodeName: z.string() }),
      status: z.object({ podIP: z.string() }),
    }),
  ),
});
