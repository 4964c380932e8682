import * as z from 'zod';
import type { Files } from '../host/host.ts';

/** What conjurer remembers of the cluster that it brought this machine into. */
export const clusterNotePath = '/var/lib/conjurer/cluster.json';

const Note = z.object({
  /** 'making', 'leaving': kubeadm was let loose, and how far it came nobody knows. */
  state: z.enum(['making', 'made', 'leaving']),
  role: z.enum(['control-plane', 'worker']),
  kubernetesVersion: z.string(),
  nodeName: z.string(),
  podSubnet: z.string().nullable(),
  serviceSubnet: z.string().nullable(),
  endpoint: z.string().nullable(),
  /** Of the cluster's CA certificate, lower-case hex over the file; null until it is made. */
  caSha256: z.string().nullable(),
});
export type ClusterNote = z.infer<typeof Note>;

/** null: there is none, or it is damaged, and then nothing here is known to be of conjurer. */
export async function readClusterNote(files: Files): Promise<ClusterNote | null> {
  const text = await files.readText(clusterNotePath);
  if (text === null) return null;
  try {
    return Note.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

export async function writeClusterNote(files: Files, note: ClusterNote): Promise<void> {
  await files.write(clusterNotePath, `${JSON.stringify(note, null, 2)}\n`, 0o600);
}
