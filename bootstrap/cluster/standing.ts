import type { ClusterNode } from '../change.ts';
import { AgentError } from '../errors.ts';
import type { FoundCluster } from './find.ts';
import type { ClusterNote } from './note.ts';

/**
 * A cluster can be made or joined here without harm to one that stands. Throws E_CLUSTER_FOREIGN where it is somebody
 * else's, and E_CLUSTER_DAMAGED where it is ours and may hold data.
 */
export function requireMakeable(found: FoundCluster): void {
  if (found.state === 'foreign') {
    throw new AgentError('E_CLUSTER_FOREIGN', 'this machine is in a cluster that conjurer did not bring it into', {
      seen: found.seen,
      wanted: 'no cluster, or the one of the configuration',
    });
  }
  if (found.state === 'none' || found.state === 'half-made') return;
  throw new AgentError('E_CLUSTER_DAMAGED', 'files of the cluster that this machine is in are gone', {
    seen: found.state === 'damaged' ? found.seen : 'a cluster that stands',
    wanted: 'the files that kubeadm wrote',
  });
}

/** Throws E_CLUSTER_DIFFERS where the configuration asks for another cluster than the one that stands. */
export function requireSame(note: ClusterNote, wanted: Omit<ClusterNode, 'config' | 'skipPhases'>): void {
  const different = compared.filter(key => note[key] !== wanted[key]);
  if (different.length === 0) return;
  const say = (of: Pick<ClusterNote, (typeof compared)[number]>) =>
    different.map(key => `${key} ${of[key] ?? 'by default'}`).join(', ');
  throw new AgentError('E_CLUSTER_DIFFERS', 'the configuration asks for another cluster than the one that stands', {
    seen: say(note),
    wanted: say(wanted),
  });
}

/** The version of a cluster that stands is for its operator to raise, and its endpoint may move. */
const compared = ['role', 'nodeName', 'podSubnet', 'serviceSubnet'] as const;
