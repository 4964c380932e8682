import type { Change } from '../change.ts';
import { AgentError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { cniDirectory, conflistTemplate, ownConflist } from './places.ts';

/**
 * How this node's pods are connected: as a file of the image says, which is then left alone, or by its template. Throws
 * E_CLUSTER_UNSUPPORTED where the image brings neither.
 */
export async function planPodNetwork(
  { files }: Host,
  { nodeName, kubeconfig }: { readonly nodeName: string; readonly kubeconfig: string },
): Promise<Change[]> {
  const names = ((await files.list(cniDirectory)) ?? []).filter(name => /\.(conf|conflist|json)$/.test(name));
  if (names.some(name => `${cniDirectory}/${name}` !== ownConflist)) return [];
  const template = await files.readText(conflistTemplate);
  if (template !== null) {
    return [{ kind: 'pod-network', id: 'pod-network', path: ownConflist, template, nodeName, kubeconfig }];
  }
  throw new AgentError('E_CLUSTER_UNSUPPORTED', 'this image does not say how pods are connected', {
    seen: `neither ${conflistTemplate} nor a file in ${cniDirectory}`,
    wanted: 'one of the two',
  });
}
