import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import type { ChangeKind, OperatorSecretChange } from '../../../bootstrap/change.ts';
import { runKubectl } from '../../../bootstrap/cluster/kubectl.ts';
import { AgentError } from '../../../bootstrap/errors.ts';
import { parseJson } from '../../../bootstrap/facts/json.ts';
import type { Host } from '../../../bootstrap/host/host.ts';
import { readPair } from '../identity-store.ts';
import { applyObjects } from '../workloads/apply-objects.ts';

/** Not that of the manifests, which may say more of the namespace. */
const FIELD_MANAGER = 'conjurer-identity';
const GET_MS = 60_000;

const Stored = z.object({ data: z.record(z.string(), z.string()).default({}) });

/** The key leaves this machine's disk through kubectl's stdin only, and is compared in memory only. */
export const operatorSecretChange: ChangeKind<OperatorSecretChange> = {
  async isDone(change, host) {
    const data = await dataOf(change, host);
    if (data === null) return false;
    const args = ['-n', change.namespace, 'get', 'secret', change.name, '--ignore-not-found', '-o', 'json'];
    const { status, stdout } = await runKubectl(host, change.kubeconfig, args, { timeoutMs: GET_MS });
    if (status !== 0 || stdout.trim() === '') return false;
    return isDeepStrictEqual(Stored.safeParse(parseJson(stdout)).data?.data, data);
  },

  async apply(change, host, signal) {
    const { namespace, name, kubeconfig, keyPath } = change;
    const data = await dataOf(change, host);
    if (data === null) {
      throw new AgentError('E_HOST_FILE', `${keyPath} is gone, or what belongs to it`, { next: 'conjurer run' });
    }
    const metadata = { name, namespace, labels: { 'app.kubernetes.io/managed-by': 'conjurer' } };
    const items = [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data },
    ];
    const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    const what = 'the identity of the operator';
    await applyObjects(host, { what, kubeconfig, text, manager: FIELD_MANAGER, isSecret: true }, signal);
  },

  // It goes with the cluster; one that is replaced has been revoked or is about to be.
  undo: async () => [],
};

/** null: a file is missing, or the key is not that of the certificate. */
async function dataOf(
  { keyPath, certificatePath, caPath, handoffPath }: OperatorSecretChange,
  { files }: Host,
): Promise<Record<string, string> | null> {
  const pair = await readPair(files, keyPath, certificatePath);
  const ca = await files.read(caPath);
  const handoff = await files.read(handoffPath);
  if (pair === null || ca === null || handoff === null) return null;
  const content = { 'tls.key': pair.key, 'tls.crt': pair.cert, 'ca.crt': ca, 'handoff.json': handoff };
  return Object.fromEntries(Object.entries(content).map(([name, bytes]) => [name, bytes.toString('base64')]));
}
