import type { ChangeKind, ImageImportChange } from '../change.ts';
import { type BlobWalk, contentDirectory, findBlobProblems } from '../components/runtime/content-store.ts';
import { type Ctr, criNamespace, ctrOf, whyNot } from '../components/runtime/ctr.ts';
import { AgentError } from '../errors.ts';
import { type HashPool, openHashPool } from '../host/hash-pool.ts';
import type { Host } from '../host/host.ts';

const importMs = 30 * 60_000;
const collectMs = 5 * 60_000;
const lease = 'conjurer-repair';
const machineArchitecture = process.arch === 'x64' ? 'amd64' : process.arch;

/**
 * An image is in containerd under its name, with its digest and every blob that this machine needs of it, each hashed.
 * It is taken from an archive on this machine, and only when that archive is the declared one. No undo: what was there
 * before was missing or damaged.
 */
export const imageImportChange: ChangeKind<ImageImportChange> = {
  async isDone(change, host) {
    const record = await recordOf(change, ctrOf(host, change.socket));
    return record?.digest === change.digest && (await damagedBlobs(change, host)).length === 0;
  },

  async apply(change, host, signal) {
    const ctr = ctrOf(host, change.socket);
    await requireArchive(change, host, signal);
    await forgetDamaged(change, host, ctr, signal);
    const archive = `${host.root === '/' ? '' : host.root}${change.archive}`;
    // Not unpacked: CRI does that at first use, into the snapshotter that it is set to, which ctr does not know.
    await must(ctr, ['images', 'import', '--no-unpack', archive], importMs, change, signal);
  },

  undo: async () => [],
};

async function recordOf({ ref, socket }: ImageImportChange, ctr: Ctr) {
  const images = await ctr.images(criNamespace);
  if (typeof images !== 'string') return images.find(image => image.ref === ref) ?? null;
  throw new AgentError('E_CONTAINERD', 'containerd does not say which images it has', { seen: images, wanted: socket });
}

/** Re-importing from an archive that is damaged itself would only spread the damage. */
async function requireArchive({ archive, sha256 }: ImageImportChange, host: Host, signal: AbortSignal): Promise<void> {
  const seen = await hashing(host, signal, hash => hash(archive));
  if (seen?.sha256 === sha256) return;
  throw new AgentError('E_IMAGE_ARCHIVE', `the archive ${archive} is not the one that the manifest declares`, {
    seen: seen === null ? 'no such file' : `sha256 ${seen.sha256}`,
    wanted: `sha256 ${sha256}`,
  });
}

/**
 * containerd never writes a blob again that it has on record. So what is damaged is taken off the record of every
 * namespace, and a lease that is given back at once runs containerd's garbage collection, which deletes the files.
 */
async function forgetDamaged(change: ImageImportChange, host: Host, ctr: Ctr, signal: AbortSignal): Promise<void> {
  const damaged = await damagedBlobs(change, host);
  if (damaged.length === 0) return;
  const namespaces = await ctr.namespaces();
  for (const namespace of typeof namespaces === 'string' ? [criNamespace] : namespaces) {
    // Of those that a namespace does not know ctr says so, and that is as good.
    for (const digest of damaged) await ctr.run(namespace, ['content', 'rm', digest], { timeoutMs: collectMs, signal });
  }
  await ctr.run(criNamespace, ['leases', 'create', '--id', lease], { signal });
  await must(ctr, ['leases', 'rm', '--sync', lease], collectMs, change, signal);
}

/** The digests of the blobs that are there and not what they should be, or not there. */
async function damagedBlobs({ digest }: ImageImportChange, host: Host): Promise<string[]> {
  const files = host.files;
  return hashing(host, undefined, async hash => {
    const walk: BlobWalk = { files, directory: await contentDirectory(files), architecture: machineArchitecture, hash };
    const problems = await findBlobProblems(digest, walk);
    return problems.filter(({ problem }) => problem !== 'foreign').map(problem => problem.digest);
  });
}

async function hashing<T>(
  { root }: Host,
  signal: AbortSignal | undefined,
  work: (hash: HashPool['hash']) => Promise<T>,
): Promise<T> {
  const pool = openHashPool({ root, background: true, ...(signal === undefined ? {} : { signal }) });
  try {
    return await work(pool.hash);
  } finally {
    await pool.close();
  }
}

async function must(
  ctr: Ctr,
  args: readonly string[],
  timeoutMs: number,
  { ref, archive }: ImageImportChange,
  signal: AbortSignal,
): Promise<void> {
  const result = await ctr.run(criNamespace, args, { timeoutMs, signal });
  signal.throwIfAborted();
  if (result.status === 0) return;
  throw new AgentError('E_CONTAINERD', `${ref} could not be imported from ${archive}`, {
    seen: whyNot(result),
    wanted: `ctr ${args.slice(0, 2).join(' ')} to succeed`,
  });
}
