/**
 * An image of one workload: packages unpacked and not configured, with the files laid over them. It starts without a
 * package manager, and without the /etc of a machine.
 */
export interface WorkloadImage {
  /** Also the name of the archive: /usr/share/conjurer/images/<name>.tar. */
  readonly name: string;
  readonly group: 'operator' | 'addon';
  /** As the manifests name it. */
  readonly ref: string;
  /** Of Debian, and no others: what they depend on is listed where the program needs it. */
  readonly packages: readonly string[];
  /** In their order; a directory that is missing is made 0755. */
  files(): Promise<readonly ImageFile[]>;
  readonly entrypoint: readonly string[];
  /** Number of user and group, "65534:65534". */
  readonly user: string;
}

/** Path as the container sees it; root owns it. */
export type ImageFile =
  | { readonly path: string; readonly mode: number; readonly content: Buffer | string }
  | { readonly path: string; readonly target: string };

/** A file of Kubernetes objects, as conjurer applies it, whole. */
export interface WorkloadManifest {
  /** Of the workload; a `manifest-bundle` component is named after it. */
  readonly name: string;
  readonly group: 'operator' | 'addon';
  /** In this project. */
  readonly source: string;
  /** In the image of the machine: /usr/share/conjurer/manifests/<name>/<file>. */
  readonly path: string;
}
