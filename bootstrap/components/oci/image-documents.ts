import * as z from 'zod';

/** The parts of the documents of an image (OCI image-spec 1.1, Docker image manifest v2.2) that are looked at. */
export const Digest = z.string().regex(/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/);

const Platform = z.object({ os: z.string(), architecture: z.string(), variant: z.string().optional() });

export const Descriptor = z.object({
  mediaType: z.string().optional(),
  digest: Digest,
  size: z.int().nonnegative(),
  platform: Platform.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

export const Index = z.object({ manifests: z.array(Descriptor).max(10_000) });
export const ImageManifest = z.object({ config: Descriptor, layers: z.array(Descriptor).max(1000) });
export const ImageConfig = z.object({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
  rootfs: z.object({ diff_ids: z.array(z.string()).max(1000) }),
});

/** `manifest.json` of docker save. */
export const DockerManifest = z
  .array(
    z.object({
      Config: z.string(),
      RepoTags: z.array(z.string()).nullish(),
      Layers: z.array(z.string()).max(1000),
    }),
  )
  .max(10_000);

export type Descriptor = z.infer<typeof Descriptor>;
export type Platform = z.infer<typeof Platform>;
export type DockerManifest = z.infer<typeof DockerManifest>;
