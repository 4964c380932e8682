import * as z from 'zod';
import {
  BinaryComponent,
  ClosedDirectory,
  ConfigComponent,
  ContainerdImageComponent,
  Kubernetes,
  Manifest,
  ManifestBundleComponent,
  OciArchiveComponent,
  PackageComponent,
  Requirements,
  SystemdUnitComponent,
} from './manifest.ts';

/** What is measured in the root directory; where it is declared too, both must agree. */
const measured = { sha256: true, size: true, mode: true } as const;
const rootsOwn = z.int().nonnegative().default(0);

const SpecComponent = z.discriminatedUnion('kind', [
  BinaryComponent.partial(measured).extend({ uid: rootsOwn }),
  OciArchiveComponent.partial(measured).extend({ uid: rootsOwn }),
  ContainerdImageComponent.partial({ digest: true }).extend({ pinned: z.boolean().default(true) }),
  SystemdUnitComponent.omit({ dropIns: true }).partial({ path: true, sha256: true, enabled: true }),
  ConfigComponent.omit({ sha256: true }).extend({
    /** true: the file must keep its very bytes. false: only `keys` and the rules of its role count. */
    exact: z.boolean().default(true),
    keys: ConfigComponent.shape.keys.default({}),
  }),
  ManifestBundleComponent.omit({ images: true }).partial({ sha256: true }),
  PackageComponent.partial({ version: true }),
]);

export const SPEC_SCHEMA = 'conjurer.components/v1';

/** components.yaml: what the builder of an image declares of it; the rest is measured. */
export const ComponentsSpec = z.strictObject({
  schema: z.literal(SPEC_SCHEMA),
  image: Manifest.shape.image,
  /** Default: BUILD_ID of the root's os-release. */
  buildId: Manifest.shape.buildId.optional(),
  /** Given here or on the command line, so that the same tree gives the same manifest. */
  builtAt: Manifest.shape.builtAt.optional(),
  /** Default: the version in the image's name. */
  minControllerVersion: Manifest.shape.minControllerVersion.optional(),
  arch: Manifest.shape.os.shape.arch,
  kubernetes: Kubernetes.nullable().default(null),
  requirements: Requirements.partial().default({}),
  components: z.array(SpecComponent),
  closed: z.array(ClosedDirectory.extend({ allow: ClosedDirectory.shape.allow.default([]) })).default([]),
});

export type ComponentsSpec = z.infer<typeof ComponentsSpec>;
export type SpecComponent = z.infer<typeof SpecComponent>;
