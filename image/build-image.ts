import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { prepareBase } from './base.ts';
import { buildIdOf } from './build-id.ts';
import { makeBootLoader } from './disk/boot-loader.ts';
import { writeBootMenu } from './disk/boot-menu.ts';
import { layoutOf, uuidFor } from './disk/layout.ts';
import { makeDisk } from './disk/make-disk.ts';
import { writeFormats } from './formats.ts';
import { furnish } from './furnish.ts';
import { KERNEL_ARGUMENTS } from './kubernetes/install.ts';
import { prepareParts } from './kubernetes/parts.ts';
import { releaseFor } from './kubernetes/release.ts';
import type { Kernel, Suite } from './release.ts';
import { requireFit } from './require-fit.ts';
import { clampTimes } from './rootfs/clamp-times.ts';
import type { Seal } from './rootfs/seal.ts';
import { requireTools, runTool, type Tool } from './tool.ts';

/** What is written for whom: `qcow2` for QEMU and OpenStack, `ova` for vSphere, `raw` for everything else. */
export type ImageFormat = 'raw' | 'qcow2' | 'ova';

export interface ImageRequest {
  /** Version of the image: 1.3.0 gives clusterimage-r-v1.3.0. */
  readonly version: string;
  /** Directory for the finished files; made where it is missing. */
  readonly out: string;
  readonly formats: readonly ImageFormat[];
  readonly suite: Suite;
  readonly kernel: Kernel;
  /** A URL or a file of sources.list lines; null: what apt of this machine uses for the same release. */
  readonly mirror: string | null;
  /** Size of the disk that a machine sees, in GiB; the files are as large as what they hold. */
  readonly diskGiB: number;
  /** Directory for the base root file systems, which are kept from build to build. */
  readonly cacheDir: string;
  /** Make the base anew although it is in the cache. */
  readonly fresh: boolean;
  /** conjurer for Linux x64, as `npm run build` makes it. */
  readonly binary: string;
  /** With Kubernetes and all that a cluster of one machine needs, preloaded; its operator is then a pod. */
  readonly kubernetes: boolean;
  /** A directory that is laid over the root, with the management operator; null: the reference operator. */
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
  readonly manifest: Seal;
}

const TOOLS: readonly Tool[] = [
  ...(['apt-get', 'chroot', 'debugfs', 'e2fsck', 'mcopy', 'mkfs.fat', 'mke2fs', 'mmd'] as const),
  ...(['mmdebstrap', 'qemu-img', 'sfdisk', 'tar'] as const),
];

/**
 * Builds the image and gives what was written. Needs root, for the owners of its files; no mounts and no loop devices.
 * Throws with the packages of all tools that are missing.
 */
export async function buildImage(request: ImageRequest): Promise<BuiltImage> {
  if (process.getuid?.() !== 0) throw new Error('an image is built as root: its files must get their owners');
  requireTools(request.kubernetes ? [...TOOLS, 'dpkg-deb', 'unshare'] : TOOLS);
  if (!existsSync(request.binary)) throw new Error(`${request.binary} is missing; type: npm run build -- --host-only`);
  const { log, cacheDir } = request;
  const name = `clusterimage-r-v${request.version}`;
  const base = prepareBase({ ...request, release: releaseFor(request) });
  const parts = request.kubernetes ? prepareParts(request) : null;
  mkdirSync(cacheDir, { recursive: true });
  const workDir = mkdtempSync(join(cacheDir, '.build-'));
  chmodSync(workDir, 0o700);
  try {
    const root = join(workDir, 'root');
    log('root file system');
    mkdirSync(root, { mode: 0o755 });
    runTool('tar', ['-xf', base, '-C', root, '--numeric-owner', '--xattrs', '--xattrs-include=*']);
    const buildId = await buildIdOf(request, [base, ...(parts?.inputs ?? [])]);
    const manifest = await furnish(request, { root, workDir, name, buildId, parts });
    log('disk');
    const rootUuid = uuidFor(buildId, 'root');
    const bootLoader = makeBootLoader(root, rootUuid);
    writeBootMenu(root, name, rootUuid, request.kubernetes ? KERNEL_ARGUMENTS : []);
    const builtAt = new Date(request.builtAt);
    clampTimes(root, builtAt);
    const file = join(workDir, `${name}.raw`);
    makeDisk({ root, file, layout: layoutOf(request.diskGiB), bootLoader, buildId, rootUuid, builtAt });
    rmSync(root, { recursive: true });
    log('check');
    await requireFit(file);
    return { name, buildId, manifest, ...(await writeFormats(request, file, resolve(request.out, name))) };
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}
