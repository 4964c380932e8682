import * as z from 'zod';

/** Where the image keeps its manifest; the signature over its exact bytes lies beside it. */
export const manifestPath = '/usr/share/conjurer/manifest.json';
export const signaturePath = '/usr/share/conjurer/manifest.json.sig';

const Text = z.string().min(1).max(256);
const Version = z.string().regex(/^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/, 'MAJOR.MINOR.PATCH without a v');
const HostPath = z
  .string()
  .max(4096)
  .regex(/^(?!.*\/\.{1,2}(\/|$))(?!.*\/\/)\/[^\0]*[^/\0]$/, 'an absolute path without . and ..');
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hex digits');
const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 lower-case hex digits');
const Mode = z.string().regex(/^0[0-7]{3,4}$/, 'octal digits in quotes, as in "0755"');
const Size = z.int().nonnegative();
const UnitName = z.string().regex(/^[A-Za-z0-9:_.\\@-]+\.[a-z]+$/, 'a unit with its type, as in kubelet.service');
/** As containerd stores it, with registry and tag: "registry.k8s.io/pause:3.10". */
const ImageRef = Text;
/** "linux/amd64", "linux/arm/v7". */
const Platform = z.string().regex(/^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9]+)?$/, 'os/architecture, as in linux/amd64');
const Scalar = z.union([z.string(), z.number(), z.boolean()]);

export const groups = ['os', 'kubernetes', 'operator', 'addon'] as const;
/** `name` is unique in the manifest and names the component in findings. */
const base = { name: Text, group: z.enum(groups) };
/** A file as it must be on the machine. `uid` is the owner's number. */
const file = { path: HostPath, sha256: Sha256, size: Size, mode: Mode, uid: z.int().nonnegative() };

export const ArchivedImage = z.strictObject({ ref: ImageRef, digest: Digest, platform: Platform });

export const BinaryComponent = z.strictObject({
  ...base,
  kind: z.literal('binary'),
  ...file,
  version: Text,
  /** Its output must contain `version`; run only at depth `deep`, after the hash was right. */
  versionCommand: z.array(Text).min(1).optional(),
});

export const OciArchiveComponent = z.strictObject({
  ...base,
  kind: z.literal('oci-archive'),
  ...file,
  /** `digest` is the manifest's (or index's) for an OCI layout, the image config's for a docker-save archive. */
  images: z.array(ArchivedImage).min(1),
});

export const ContainerdImageComponent = z.strictObject({
  ...base,
  kind: z.literal('containerd-image'),
  ref: ImageRef,
  /** The target digest that containerd has under this name. */
  digest: Digest,
  /** kubelet's garbage collection must leave it alone. */
  pinned: z.boolean(),
  /** Name of the `oci-archive` component that it is imported from; null: there is none, and it cannot be re-imported. */
  archive: Text.nullable(),
});

export const SystemdUnitComponent = z.strictObject({
  ...base,
  kind: z.literal('systemd-unit'),
  unit: UnitName,
  /** The unit file that must be the effective one, and its bytes. */
  path: HostPath,
  sha256: Sha256,
  enabled: z.boolean(),
  /** All drop-ins that may apply to it, with their bytes. */
  dropIns: z.array(z.strictObject({ path: HostPath, sha256: Sha256 })),
});

export const configRoles = ['containerd', 'kubelet', 'kubeadm', 'crictl', 'other'] as const;

export const ConfigComponent = z.strictObject({
  ...base,
  kind: z.literal('config'),
  path: HostPath,
  format: z.enum(['toml', 'yaml', 'json', 'text']),
  /** What reads it, and so which rules hold for it beside its own `keys`. */
  role: z.enum(configRoles),
  /** null where the machine may change the file, and only `keys` and the role's rules count. */
  sha256: Sha256.nullable(),
  /** The effective values that matter; a key's parts are joined by dots, a part that holds dots is in quotes. */
  keys: z.record(Text, Scalar),
});

export const ManifestBundleComponent = z.strictObject({
  ...base,
  kind: z.literal('manifest-bundle'),
  path: HostPath,
  sha256: Sha256,
  /** Every image that its YAML documents name. */
  images: z.array(ImageRef),
});

export const PackageComponent = z.strictObject({
  ...base,
  kind: z.literal('package'),
  package: Text,
  version: Text,
});

export const Component = z.discriminatedUnion('kind', [
  BinaryComponent,
  OciArchiveComponent,
  ContainerdImageComponent,
  SystemdUnitComponent,
  ConfigComponent,
  ManifestBundleComponent,
  PackageComponent,
]);

/** A directory where every file that no component declares is a finding; `allow` are names that may be there. */
export const ClosedDirectory = z.strictObject({ path: HostPath, allow: z.array(Text) });

export const Kubernetes = z.strictObject({
  version: Version,
  distribution: Text,
  cgroupDriver: z.enum(['systemd', 'cgroupfs']),
  sandboxImage: ImageRef,
  criSocket: HostPath,
});

export const Requirements = z.strictObject({
  cpu: z.int().positive(),
  memoryMiB: z.int().positive(),
  diskGiB: z.int().positive(),
  /** The oldest kernel that will do, as in "4.15". */
  kernel: z.string().regex(/^\d+\.\d+(\.\d+)?$/, 'MAJOR.MINOR'),
});

export const MANIFEST_SCHEMA = 'conjurer.manifest/v1';

/** What an image holds, as its builder declared and measured it. Unknown keys are refused: a check must not go missing. */
export const Manifest = z.strictObject({
  schema: z.literal(MANIFEST_SCHEMA),
  image: Text,
  version: Version,
  buildId: Text,
  builtAt: z.iso.datetime({ offset: true }),
  minControllerVersion: Version,
  os: z.strictObject({ id: Text, versionId: Text, arch: z.enum(['amd64', 'arm64']) }),
  kubernetes: Kubernetes.nullable(),
  requirements: Requirements.partial(),
  components: z.array(Component),
  closed: z.array(ClosedDirectory),
});

export type ArchivedImage = z.infer<typeof ArchivedImage>;
export type BinaryComponent = z.infer<typeof BinaryComponent>;
export type OciArchiveComponent = z.infer<typeof OciArchiveComponent>;
export type ContainerdImageComponent = z.infer<typeof ContainerdImageComponent>;
export type SystemdUnitComponent = z.infer<typeof SystemdUnitComponent>;
export type ConfigComponent = z.infer<typeof ConfigComponent>;
export type ManifestBundleComponent = z.infer<typeof ManifestBundleComponent>;
export type PackageComponent = z.infer<typeof PackageComponent>;
export type ClosedDirectory = z.infer<typeof ClosedDirectory>;
export type Component = z.infer<typeof Component>;
export type ComponentKind = Component['kind'];
export type Manifest = z.infer<typeof Manifest>;
export type Kubernetes = z.infer<typeof Kubernetes>;
export type Requirements = z.infer<typeof Requirements>;
