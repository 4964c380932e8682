import { createHash } from 'node:crypto';
import { existing } from '../host/existing.ts';
import type { Files } from '../host/host.ts';
import { type ClusterNote, readClusterNote } from './note.ts';
import { adminKubeconfig, clusterCa, kubeletKubeconfig, otherDistributions } from './places.ts';

/** What a machine has of a cluster. */
export type FoundCluster =
  | { readonly state: 'none' }
  /** Conjurer was interrupted while it made or left it: it is of no use to anybody, and is removed before another try. */
  | { readonly state: 'half-made'; readonly note: ClusterNote }
  | { readonly state: 'made'; readonly note: ClusterNote }
  /** Conjurer made it, and files of it are gone. It may hold data. */
  | { readonly state: 'damaged'; readonly note: ClusterNote; readonly seen: string }
  /** Somebody else's. */
  | { readonly state: 'foreign'; readonly seen: string };

/** Goes by the files; asks no API. */
export async function findCluster(files: Files): Promise<FoundCluster> {
  const note = await readClusterNote(files);
  const found = await existing(files, traces);
  if (note === null) {
    return found.length === 0 ? { state: 'none' } : { state: 'foreign', seen: found.join(', ') };
  }
  if (note.state !== 'made') return { state: 'half-made', note };
  if (found.length === 0) return { state: 'none' };
  const ca = await caSha256(files);
  if (ca !== null && ca !== note.caSha256) {
    return { state: 'foreign', seen: `${clusterCa} is not that of the cluster that conjurer made or joined` };
  }
  const needed = note.role === 'control-plane' ? ofControlPlane : ofWorker;
  const there = await existing(files, needed);
  const gone = needed.filter(path => !there.includes(path));
  return gone.length === 0 ? { state: 'made', note } : { state: 'damaged', note, seen: `without ${gone.join(', ')}` };
}

/** Lower-case hex over the file of the cluster's CA certificate; null: there is none. */
export async function caSha256(files: Files): Promise<string | null> {
  const bytes = await files.read(clusterCa);
  return bytes === null ? null : createHash('sha256').update(bytes).digest('hex');
}

const etcdData = '/var/lib/etcd/member';
const ofWorker = [clusterCa, kubeletKubeconfig];
const ofControlPlane = [...ofWorker, adminKubeconfig, etcdData, '/etc/kubernetes/manifests/kube-apiserver.yaml'];

/** What a node leaves, of whatever distribution. */
export const traces: readonly string[] = [
  ...ofControlPlane,
  '/etc/kubernetes/bootstrap-kubelet.conf',
  '/etc/kubernetes/pki/ca.key',
  '/var/lib/kubelet/pki/kubelet-client-current.pem',
  ...otherDistributions,
];
