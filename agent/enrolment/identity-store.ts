import type { Files } from '../../bootstrap/host/host.ts';
import { paths } from '../config/paths.ts';
import { certificateFitsKey } from '../controller/identity/certificate.ts';
import type { ClientIdentity } from '../controller/tls.ts';
import type { State, StoredNode } from './state.ts';

/** The key and certificate of this node, as they lie on disk. */
export interface NodeIdentity extends ClientIdentity {
  readonly node: StoredNode;
}

/** Suffix of a key and certificate that are being renewed, until both have taken the place of the old ones. */
export const NEXT = '.next';

/** null: this machine has no certificate of its own, or not the key to it. */
export async function readNodeIdentity(files: Files, state: State): Promise<NodeIdentity | null> {
  const node = await state.node.read();
  const pair = node === null ? null : await readPair(files, paths.nodeKey, paths.nodeCertificate);
  return node === null || pair === null ? null : { ...pair, node };
}

/**
 * A key with its certificate. A renewal that was cut between its two renames left the new key beside the old
 * certificate; then the new certificate still has its other name, and that one is the pair's.
 */
export async function readPair(files: Files, keyPath: string, certificatePath: string): Promise<ClientIdentity | null> {
  const key = await files.read(keyPath);
  if (key === null) return null;
  for (const path of [certificatePath, certificatePath + NEXT]) {
    const cert = await files.read(path);
    if (cert !== null && certificateFitsKey(cert, key)) return { key, cert };
  }
  return null;
}
