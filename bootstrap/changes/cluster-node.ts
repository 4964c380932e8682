import type { ChangeKind, ClusterNode, ClusterNodeChange } from '../change.ts';
import { caSha256, findCluster } from '../cluster/find.ts';
import { findKubeadm } from '../cluster/kubeadm.ts';
import { tokenPlaceholder } from '../cluster/kubeadm-config.ts';
import { leaveCluster } from '../cluster/leave.ts';
import { type ClusterNote, clusterNotePath, readClusterNote, writeClusterNote } from '../cluster/note.ts';
import { afterOthers, alone } from '../cluster/one-kubeadm.ts';
import { inTree } from '../cluster/places.ts';
import { requireMakeable } from '../cluster/standing.ts';
import { whyFailed } from '../cluster/why-failed.ts';
import { AgentError } from '../errors.ts';
import type { Host } from '../host/host.ts';

export interface ClusterNodeParts {
  /** A secret, asked for when it is needed. null: the configuration in force has none. */
  joinToken(): Promise<string | null>;
  /** Told of each phase of kubeadm as it begins, and of what is done besides. */
  note(text: string): void;
}

/** On a file system in memory, gone with the call. */
const configPath = '/run/conjurer/kubeadm.yaml';
const limitMs = 30 * 60 * 1000;

/**
 * kubeadm has made or joined the cluster, all of it: what it was interrupted in is of no use to anybody yet, so that it
 * is removed and made again. Undo takes the machine out of the cluster. Throws E_CLUSTER_FAILED, E_CLUSTER_FOREIGN.
 */
export function clusterNodeKind(parts: ClusterNodeParts): ChangeKind<ClusterNodeChange> {
  return {
    async isDone({ node }, { files }) {
      const note = await readClusterNote(files);
      if (node === null) return note === null;
      const found = await findCluster(files);
      return found.state === 'made' && isThat(found.note, node);
    },

    async apply({ node, socket }, host, signal) {
      await afterOthers(host, signal);
      await host.files.remove(configPath);
      const found = await findCluster(host.files);
      if (node === null) {
        if ('note' in found) await leave(host, socket, found.note, signal);
        return host.files.remove(clusterNotePath);
      }
      requireMakeable(found);
      if (found.state === 'half-made') {
        parts.note('removing what an interrupted start of the cluster left');
        await leave(host, socket, found.note, signal);
      }
      await make(host, node, parts, signal);
    },

    async undo(change) {
      return change.node === null ? [] : [{ ...change, node: null }];
    },
  };
}

/** Noted before, so that whoever finds the rest of it knows what it is. */
async function leave(host: Host, socket: string, note: ClusterNote, signal: AbortSignal): Promise<void> {
  await writeClusterNote(host.files, { ...note, state: 'leaving' });
  await leaveCluster(host, socket, signal);
}

async function make(host: Host, node: ClusterNode, parts: ClusterNodeParts, signal: AbortSignal): Promise<void> {
  const { files } = host;
  const { program } = await findKubeadm(host, signal);
  const verb = node.config.includes(tokenPlaceholder) ? 'join' : 'init';
  const token = verb === 'join' ? await requiredToken(parts) : null;
  const note: ClusterNote = { ...noted(node), state: 'making', caSha256: null };
  await writeClusterNote(files, note);
  try {
    await files.write(
      configPath,
      token === null ? node.config : node.config.replaceAll(tokenPlaceholder, token),
      0o600,
    );
    const skip = node.skipPhases.length === 0 ? [] : [`--skip-phases=${node.skipPhases.join(',')}`];
    const quiet = verb === 'init' ? ['--skip-token-print'] : [];
    const argv = [program, verb, '--config', inTree(host, configPath), ...skip, ...quiet];
    const result = await host.run(alone(host, argv), { timeoutMs: limitMs, signal, onLine: phases(verb, parts) });
    signal.throwIfAborted();
    if (result.status !== 0) throw failed(verb, withoutToken(whyFailed(result), token));
  } finally {
    await files.remove(configPath);
  }
  // What kubeadm wrote must be on the disk before a note says that it is all there.
  await host.run(['sync'], { timeoutMs: 120_000 });
  await writeClusterNote(files, { ...note, state: 'made', caSha256: await caSha256(files) });
}

async function requiredToken(parts: ClusterNodeParts): Promise<string> {
  const token = await parts.joinToken();
  if (token !== null) return token;
  throw new AgentError('E_CLUSTER_UNSUPPORTED', 'the configuration in force has no token to join the cluster with', {
    next: 'set cluster.join on the Controller, then: conjurer run',
  });
}

/** Tells each phase once: kubeadm begins every line with the name of the phase that it is in. */
function phases(verb: string, { note }: ClusterNodeParts): (line: string) => void {
  let last = '';
  return line => {
    const phase = /^\[([a-z0-9-]+)\] /.exec(line)?.[1] ?? last;
    if (phase !== last) note(`kubeadm ${verb}: ${phase}`);
    last = phase;
  };
}

function isThat(note: ClusterNote, node: ClusterNode): boolean {
  return note.role === node.role && note.nodeName === node.nodeName;
}

function noted({ role, kubernetesVersion, nodeName, podSubnet, serviceSubnet, endpoint }: ClusterNode) {
  return { role, kubernetesVersion, nodeName, podSubnet, serviceSubnet, endpoint };
}

function failed(verb: string, seen: string): AgentError {
  const [, listed] = /a Node with name "([^"]+)" and status "Ready" already exists/.exec(seen) ?? [];
  const next =
    listed === undefined
      ? {}
      : { next: `on the control plane: kubectl delete node ${listed}; then here: conjurer run` };
  return new AgentError('E_CLUSTER_FAILED', `kubeadm ${verb} failed`, { seen, ...next });
}

function withoutToken(text: string, token: string | null): string {
  return token === null ? text : text.replaceAll(token, '<token>');
}
