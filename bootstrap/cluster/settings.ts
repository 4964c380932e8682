/** The cluster that this machine is to be a node of, as the applied configuration has it; no secret is in it. */
export interface ClusterSettings {
  /** "kubeadm" is the one that there is a driver for. */
  readonly distribution: string;
  /** "1.20.2" */
  readonly kubernetesVersion: string;
  readonly role: 'control-plane' | 'worker';
  /** "10.244.0.0/16"; null: the distribution's default, which may be none. */
  readonly podSubnet: string | null;
  readonly serviceSubnet: string | null;
  /** "k8s.example:6443"; null: this machine's own address. */
  readonly controlPlaneEndpoint: string | null;
  /** Where and how an existing cluster is joined; null: a cluster is made here. `caCertHashes`: "sha256:" and hex. */
  readonly join: { readonly endpoint: string; readonly caCertHashes: readonly string[] } | null;
}

/** The usual networks; those of a machine are looked up before (cidr-overlap). */
export const defaultPodSubnet = '10.244.0.0/16';
export const defaultServiceSubnet = '10.96.0.0/12';
