import type { Suite } from './release.ts';

/** What is written for whom: `qcow2` for QEMU and OpenStack, `ova` for vSphere, `raw` for everything else. */
export type ImageFormat = 'raw' | 'qcow2' | 'ova';

export interface ImageRequest {
  /** Version of the image: 1.3.0 gives clusterimage-r-v1.3.0. */
  readonly version: string;
  /** Directory for the finished files; made where it is missing. */
  readonly out: string;
  readonly formats: readonly ImageFormat[];
  readonly suite: Suite;
  /** Where the packages come from; null: what apt of this machine uses for the same release. */
  readonly mirror: string | null;
  /** Size of the disk that a machine sees, in GiB; the files are as large as what they hold. */
  readonly diskGiB: number;
  /** Directory for the base root file systems, which are kept from build to build. */
  readonly cacheDir: string;
  /** conjurer for Linux x64, as `npm run build` makes it. */
  readonly binary: string;
  /** The management operator that is baked in; null: the reference operator of this repository. */
  readonly operator: string | null;
  /** The Ed25519 key that signs the manifest (PEM, 0600), or a new one that is forgotten after the build. */
  readonly signing: { readonly keyFile: string } | 'throw-away';
  /** Public keys (PEM) that may sign the manifests of these machines, beside that of `signing`. */
  readonly trustFiles: readonly string[];
  /** Also an OVA manifest in SHA1, for vSphere 5.5. */
  readonly manifestSha1: boolean;
  /** RFC 3339, UTC; every time stamp of the image. */
  readonly builtAt: string;
  /** Takes one line on what is being done. */
  log(line: string): void;
}

export interface BuiltImage {
  /** clusterimage-r-v1.3.0 */
  readonly name: string;
  readonly buildId: string;
  /** Absolute paths; null where the format was not asked for. */
  readonly disk: string | null;
  readonly qcow2: string | null;
  readonly ova: string | null;
  /** SHA-256 of the signed manifest, and the id of the key that signed it. */
  readonly manifest: { readonly sha256: string; readonly keyId: string };
}
