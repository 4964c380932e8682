import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Files } from '../../host/host.ts';
import type { CheckContext } from '../finding.ts';
import { readContainerdConfig } from './containerd-config.ts';

const MAX_JSON_BYTES = 4 * 1024 * 1024;
const MAX_BLOBS = 10_000;
const MAX_NESTING = 4;
const digestShape = /^sha256:[0-9a-f]{64}$/;

const Descriptor = z.object({
  digest: z.string().regex(digestShape),
  size: z.int().nonnegative(),
  platform: z.object({ os: z.string(), architecture: z.string() }).optional(),
});
type Descriptor = z.infer<typeof Descriptor>;
const Index = z.object({ manifests: z.array(Descriptor).min(1) });
const ImageManifest = z.object({ config: Descriptor, layers: z.array(Descriptor) });

/** What is wrong with one blob of an image. `foreign`: of another platform, and not needed here. */
export interface BlobProblem {
  readonly digest: string;
  readonly problem: 'missing' | 'empty' | 'wrong-size' | 'altered' | 'unreadable' | 'no-platform' | 'foreign';
  readonly observed: string;
  readonly expected: string;
}

export interface BlobWalk {
  readonly files: Files;
  /** The directory of blobs, as `contentDirectory` gives it. */
  readonly directory: string;
  /** The machine's: "amd64". */
  readonly architecture: string;
  /** null: of layers only the size is compared. What names other blobs is always hashed. */
  readonly hash: CheckContext['hash'] | null;
}

/** Where containerd keeps its blobs, by its configuration. One file a blob, named by its digest. */
export async function contentDirectory(files: Files): Promise<string> {
  const config = await readContainerdConfig(files, '/etc/containerd/config.toml');
  const root = config === null || typeof config === 'string' ? '/var/lib/containerd' : config.root;
  return `${root.replace(/\/+$/, '')}/io.containerd.content.v1.content/blobs/sha256`;
}

/** Walks index → manifest of this platform → config and layers, and gives what is wrong on the way. */
export async function findBlobProblems(digest: string, walk: BlobWalk): Promise<BlobProblem[]> {
  const seen = new Set<string>();
  return visit({ digest, size: null, nesting: 0 }, walk, seen);
}

async function visit(
  { digest, size, nesting }: { readonly digest: string; readonly size: number | null; readonly nesting: number },
  walk: BlobWalk,
  seen: Set<string>,
): Promise<BlobProblem[]> {
  if (seen.has(digest)) return [];
  seen.add(digest);
  if (nesting > MAX_NESTING || seen.size > MAX_BLOBS) {
    const observed = nesting > MAX_NESTING ? 'indexes inside of indexes' : `more than ${MAX_BLOBS} blobs`;
    return [{ digest, problem: 'unreadable', observed, expected: 'an image' }];
  }
  const document = await readDocument(digest, size, walk);
  if ('problem' in document) return [document];
  const index = Index.safeParse(document.value).data;
  if (index !== undefined) return visitIndex(digest, index.manifests, nesting, walk, seen);
  const manifest = ImageManifest.safeParse(document.value).data;
  if (manifest === undefined) {
    return [{ digest, problem: 'unreadable', observed: 'neither an index nor a manifest', expected: 'one of them' }];
  }
  const problems: BlobProblem[] = [];
  const config = await readDocument(manifest.config.digest, manifest.config.size, walk);
  if ('problem' in config) problems.push(config);
  for (const layer of manifest.layers) {
    if (seen.has(layer.digest)) continue;
    seen.add(layer.digest);
    const problem = await checkLayer(layer, walk);
    if (problem !== null) problems.push(problem);
  }
  return problems;
}

async function visitIndex(
  digest: string,
  entries: readonly Descriptor[],
  nesting: number,
  walk: BlobWalk,
  seen: Set<string>,
): Promise<BlobProblem[]> {
  const isOurs = ({ platform }: Descriptor) =>
    platform === undefined || (platform.os === 'linux' && platform.architecture === walk.architecture);
  const ours = entries.filter(isOurs);
  const problems: BlobProblem[] = [];
  if (ours.length === 0) {
    const observed = entries.map(({ platform }) => `${platform?.os}/${platform?.architecture}`).join(', ');
    problems.push({ digest, problem: 'no-platform', observed, expected: `linux/${walk.architecture}` });
  }
  for (const entry of ours) problems.push(...(await visit({ ...entry, nesting: nesting + 1 }, walk, seen)));
  for (const entry of entries.filter(one => !isOurs(one))) {
    if ((await walk.files.stat(blobPath(entry.digest, walk))) !== null) continue;
    const expected = `${entry.platform?.os}/${entry.platform?.architecture}`;
    problems.push({ digest: entry.digest, problem: 'foreign', observed: 'absent', expected });
  }
  return problems;
}

/** A blob that names other blobs: small, and so hashed here and now. */
async function readDocument(
  digest: string,
  size: number | null,
  walk: BlobWalk,
): Promise<{ value: unknown } | BlobProblem> {
  const problem = await checkSize(digest, size, walk);
  if (problem !== null) return problem;
  const path = blobPath(digest, walk);
  const present = (await walk.files.stat(path))?.size ?? 0;
  if (present > MAX_JSON_BYTES) {
    const expected = `at most ${MAX_JSON_BYTES} bytes`;
    return { digest, problem: 'unreadable', observed: `${present} bytes`, expected };
  }
  const bytes = (await walk.files.read(path)) ?? Buffer.alloc(0);
  const observed = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (observed !== digest) return { digest, problem: 'altered', observed, expected: digest };
  try {
    return { value: JSON.parse(bytes.toString('utf8')) };
  } catch {
    return { digest, problem: 'unreadable', observed: 'not JSON', expected: 'JSON' };
  }
}

async function checkLayer({ digest, size }: Descriptor, walk: BlobWalk): Promise<BlobProblem | null> {
  const problem = await checkSize(digest, size, walk);
  if (problem !== null || walk.hash === null) return problem;
  const hashed = await walk.hash(blobPath(digest, walk));
  const observed = hashed === null ? 'absent' : `sha256:${hashed.sha256}`;
  return observed === digest ? null : { digest, problem: 'altered', observed, expected: digest };
}

async function checkSize(digest: string, size: number | null, walk: BlobWalk): Promise<BlobProblem | null> {
  const info = await walk.files.stat(blobPath(digest, walk));
  const expected = size === null ? 'the blob' : `${size} bytes`;
  if (info === null) return { digest, problem: 'missing', observed: 'absent', expected };
  if (info.size === 0 && size !== 0) return { digest, problem: 'empty', observed: '0 bytes', expected };
  if (size === null || info.size === size) return null;
  return { digest, problem: 'wrong-size', observed: `${info.size} bytes`, expected };
}

function blobPath(digest: string, { directory }: BlobWalk): string {
  return `${directory}/${digest.replace('sha256:', '')}`;
}
