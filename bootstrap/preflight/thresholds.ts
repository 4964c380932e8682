/** What a machine must have at least. */
export interface Thresholds {
  readonly cpu: number;
  readonly memoryMiB: number;
  /** Size of the disk that holds `/`. */
  readonly diskGiB: number;
  readonly rootFreeGiB: number;
  /** "4.15" */
  readonly kernel: string;
  /** Size of an empty disk for the storage of the cluster's applications; null: none is asked for. */
  readonly rawVolumeGiB: number | null;
  /** A name server of the cluster is going to listen on port 53. */
  readonly nameServerPort: boolean;
}

/** `requirements` of a manifest, or `preflight.requirements` of conjurer.yaml. */
export type ConfiguredThresholds = { readonly [Key in keyof Thresholds]?: Thresholds[Key] | undefined };

/** What kubeadm asks of a control plane, with the space that the images of a node take. */
const defaults: Thresholds = {
  cpu: 2,
  memoryMiB: 1700,
  diskGiB: 20,
  rootFreeGiB: 5,
  kernel: '4.15',
  rawVolumeGiB: null,
  nameServerPort: false,
};

/** Defaults, over them the image's manifest, over it conjurer.yaml. */
export function thresholdsOf(manifest: ConfiguredThresholds | null, configured: ConfiguredThresholds): Thresholds {
  return { ...defaults, ...withoutUndefined(manifest ?? {}), ...withoutUndefined(configured) };
}

function withoutUndefined<T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}
