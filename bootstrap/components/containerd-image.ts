import { AgentError } from '../errors.ts';
import { type CheckContext, type Checker, type Finding, finding, isFailure, ok } from './finding.ts';
import type { ContainerdImageComponent } from './manifest.ts';
import { repositoryOf } from './oci/names.ts';
import { type BlobProblem, contentDirectory, findBlobProblems } from './runtime/content-store.ts';
import { criNamespace, ctrOf, type ImageRecord } from './runtime/ctr.ts';
import { criLabel, type ImageLabel, pinLabel } from './runtime/image-labels.ts';

type Listing = readonly ImageRecord[] | string;

/** One call of ctr answers for all the images of one validation. */
const listings = new WeakMap<CheckContext, Promise<Listing>>();

/**
 * Whether kubelet will find the image: under this very name in the namespace of CRI, with this digest, known to CRI, and
 * pinned against kubelet's garbage collection. full: its blobs are there in their sizes. deep: each is hashed.
 */
export const checkContainerdImage: Checker<ContainerdImageComponent> = async (component, context) => {
  const { kubernetes } = context.manifest;
  if (kubernetes === null) {
    return [finding(component, 'could-not-tell', 'no-container-runtime', { expected: 'kubernetes in the manifest' })];
  }
  if (await isAsleep(context, kubernetes.criSocket)) return inTree(component, context);
  const listing = await listed(context, kubernetes.criSocket);
  if (typeof listing === 'string') {
    return [
      finding(component, 'could-not-tell', 'containerd-not-answering', {
        observed: listing,
        expected: `containerd at ${kubernetes.criSocket}`,
        fix: 'systemctl start containerd; journalctl -u containerd; then: conjurer validate',
      }),
    ];
  }
  const record = listing.find(({ ref }) => ref === component.ref);
  if (record === undefined) return [await absent(component, context, kubernetes.criSocket, listing)];
  const findings = [...recordFindings(component, record), ...(await blobFindings(component, record, context))];
  return findings.some(({ status }) => status !== 'note') ? findings : [ok(component), ...findings];
};

/** The root of an image, or of another machine: no containerd runs in it, and this machine's knows nothing of it. */
async function isAsleep({ host }: CheckContext, socket: string): Promise<boolean> {
  return host.root !== '/' && (await host.files.stat(socket)) === null;
}

/** The blobs are plain files and tell for themselves; a tree without a store gets it when it boots. */
async function inTree(component: ContainerdImageComponent, context: CheckContext): Promise<Finding[]> {
  const { files, root } = context.host;
  const note = finding(component, 'note', 'image-not-asked', {
    observed: `${root} is not booted`,
    expected: `${component.ref} in namespace ${criNamespace}, known to CRI${component.pinned ? ' and pinned' : ''}`,
  });
  const hasStore = (await files.stat(await contentDirectory(files))) !== null;
  const blobs = hasStore ? await blobFindings(component, component, context) : [];
  return blobs.some(isFailure) ? blobs : [ok(component), note, ...blobs];
}

function listed(context: CheckContext, socket: string): Promise<Listing> {
  const known = listings.get(context) ?? ctrOf(context.host, socket).images(criNamespace);
  listings.set(context, known);
  return known;
}

/** It is not there under its name: where it may have gone instead. */
async function absent(
  component: ContainerdImageComponent,
  context: CheckContext,
  socket: string,
  listing: readonly ImageRecord[],
): Promise<Finding> {
  const expected = `${component.ref} in namespace ${criNamespace}`;
  const repair = repairOf(component);
  const elsewhere = await otherNamespaces(component, context, socket);
  if (elsewhere.length > 0) {
    const observed = `only in namespace ${elsewhere.join(', ')}`;
    return finding(component, 'missing', 'image-in-other-namespace', { observed, expected, ...repair });
  }
  const same = listing.filter(
    ({ digest, ref }) => digest === component.digest || repositoryOf(ref) === repositoryOf(component.ref),
  );
  const names = same.map(({ ref }) => ref).filter(ref => !ref.startsWith('sha256:'));
  if (names.length > 0) {
    const observed = names.join(', ');
    return finding(component, 'missing', 'image-under-other-name', { observed, expected, ...repair });
  }
  return finding(component, 'missing', 'image-missing', { observed: 'no such image', expected, ...repair });
}

async function otherNamespaces(
  { ref }: ContainerdImageComponent,
  { host }: CheckContext,
  socket: string,
): Promise<string[]> {
  const ctr = ctrOf(host, socket);
  const namespaces = await ctr.namespaces();
  if (typeof namespaces === 'string') return [];
  const found: string[] = [];
  for (const namespace of namespaces.filter(name => name !== criNamespace)) {
    const images = await ctr.images(namespace);
    if (typeof images !== 'string' && images.some(image => image.ref === ref)) found.push(namespace);
  }
  return found;
}

function recordFindings(component: ContainerdImageComponent, { digest, labels }: ImageRecord): Finding[] {
  const found: Finding[] = [];
  if (digest !== component.digest) {
    const told = { observed: digest, expected: component.digest, ...repairOf(component) };
    found.push(finding(component, 'altered', 'image-digest-mismatch', told));
  }
  const labelRule = (problem: string, { name, value }: ImageLabel) => {
    if (labels[name] === value) return;
    const observed = labels[name] === undefined ? `no label ${name}` : `${name}=${labels[name]}`;
    const fix = 'conjurer validate --repair';
    found.push(
      finding(component, 'altered', problem, { observed, expected: `${name}=${value}`, fix, repairable: true }),
    );
  };
  labelRule('cri-label-missing', criLabel);
  if (component.pinned) labelRule('pin-label-missing', pinLabel);
  return found;
}

async function blobFindings(
  component: ContainerdImageComponent,
  { digest }: Pick<ImageRecord, 'digest'>,
  context: CheckContext,
): Promise<Finding[]> {
  if (context.depth === 'quick' || digest !== component.digest) return [];
  const { host, manifest } = context;
  try {
    const problems = await findBlobProblems(digest, {
      files: host.files,
      directory: await contentDirectory(host.files),
      architecture: manifest.os.arch,
      hash: context.depth === 'deep' ? context.hash : null,
    });
    return problems.map(problem => blobFinding(component, problem));
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    const told = { observed: error.message, fix: error.next };
    return [finding(component, 'could-not-tell', 'content-store-unreadable', told)];
  }
}

function blobFinding(component: ContainerdImageComponent, { digest, problem, ...rest }: BlobProblem): Finding {
  const observed = `${digest}: ${rest.observed}`;
  const { expected } = rest;
  if (problem === 'foreign') {
    return finding(component, 'note', 'foreign-platform-absent', {
      observed,
      expected: `${expected} (not needed here)`,
    });
  }
  const told = { observed, expected, ...repairOf(component) };
  if (problem === 'no-platform') return finding(component, 'missing', 'host-platform-missing', told);
  return finding(component, problem === 'missing' ? 'missing' : 'altered', `blob-${problem}`, told);
}

function repairOf({ archive, ref }: ContainerdImageComponent): Pick<Finding, 'fix' | 'repairable'> {
  if (archive !== null) return { fix: 'conjurer validate --repair', repairable: true };
  return { fix: `import ${ref} into namespace ${criNamespace} of containerd`, repairable: false };
}
