import { createHash } from 'node:crypto';
import type { WorkloadName } from '../../../bootstrap/change.ts';
import type { Manifest } from '../../../bootstrap/components/manifest.ts';
import { fullName, listImages, preloadedImages } from '../../../bootstrap/components/manifest-bundle.ts';
import { AgentError } from '../../../bootstrap/errors.ts';
import type { Files } from '../../../bootstrap/host/host.ts';
import type { Addon, ManifestSource } from '../../controller/protocol.ts';
import { type ManifestObject, readObjects } from './objects.ts';

/** What the image brings for the cluster: a directory for operator and each addon. */
export const MANIFESTS = '/usr/share/conjurer/manifests';

const DEFAULT_READY_SECONDS = 600;
const kinds: readonly string[] = ['Deployment', 'DaemonSet', 'StatefulSet'];

/** Operator or addon, as the configuration has it. */
export type Owner = Pick<Addon, 'name' | 'readiness'> & { readonly manifests?: Addon['manifests'] | undefined };

/** What it consists of, looked at before any of it is applied. */
export interface Workloads {
  readonly name: string;
  /** `path` null: it is in the configuration itself. */
  readonly manifests: readonly { readonly path: string | null; readonly sha256: string }[];
  readonly awaited: readonly WorkloadName[];
  readonly timeoutSeconds: number;
}

export interface Looking {
  readonly files: Files;
  /** Of the image, verified; null: this machine has none. */
  readonly image: Manifest | null;
}

/**
 * Reads the manifests of an owner. One that lists none is what the image has of its name. Throws E_WORKLOAD_REFUSED where
 * a file is not the one that was signed for, names an image that is not preloaded, or lacks what is to be ready.
 */
export async function lookAtWorkloads(owner: Owner, looking: Looking): Promise<Workloads> {
  const { name, readiness } = owner;
  if (!/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/.test(name)) {
    throw refused(
      'an addon or operator has a name that Kubernetes has no use for',
      name,
      'lower case, digits, - and .',
    );
  }
  const sources = owner.manifests ?? ofImage(name, looking);
  const read = await Promise.all(
    sources.map((source, index) => readSource(`${name}: manifest ${index + 1}`, source, looking)),
  );
  const awaited = read.flatMap(({ objects }) => objects).flatMap(workloadOf);
  return {
    name,
    manifests: read.map(({ path, sha256 }) => ({ path, sha256 })),
    awaited: readiness === undefined ? awaited : [named(name, readiness, awaited)],
    timeoutSeconds: readiness?.timeoutSeconds ?? DEFAULT_READY_SECONDS,
  };
}

function ofImage(name: string, { image }: Looking): ManifestSource[] {
  const prefix = `${MANIFESTS}/${name}/`;
  const found = (image?.components ?? [])
    .flatMap(component => (component.kind === 'manifest-bundle' ? [component] : []))
    .filter(({ path }) => path.startsWith(prefix))
    .map(({ path, sha256 }) => ({ path, sha256 }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  if (found.length > 0) return found;
  throw refused(`the configuration lists no manifests of ${name}, and the image has none`, 'none', `${prefix}*.yaml`);
}

interface Read {
  readonly path: string | null;
  readonly sha256: string;
  readonly objects: readonly ManifestObject[];
}

async function readSource(what: string, { path, inline, sha256 }: ManifestSource, looking: Looking): Promise<Read> {
  if ((path === undefined) === (inline === undefined)) {
    throw refused(`${what} is to be either a path or inline`, path === undefined ? 'neither' : 'both', 'one of them');
  }
  if (path !== undefined) requireDeclared(what, { path, sha256 }, looking);
  const bytes = inline === undefined ? await looking.files.read(path ?? '') : Buffer.from(inline);
  if (bytes === null) throw refused(`${what} is not in this image`, 'no such file', path ?? '');
  const seen = createHash('sha256').update(bytes).digest('hex');
  if (seen !== sha256) {
    throw refused(`${what} is another one than the configuration says`, `sha256 ${seen}`, `sha256 ${sha256}`);
  }
  const text = bytes.toString('utf8');
  const objects = readObjects(text);
  if (typeof objects === 'string') throw refused(`${what} is no file of Kubernetes objects`, objects, 'YAML');
  requirePreloaded(what, text, looking);
  return { path: path ?? null, sha256, objects };
}

/** A file that the signed component manifest does not vouch for is not of the image, whoever signed its digest. */
function requireDeclared(what: string, { path, sha256 }: { path: string; sha256: string }, { image }: Looking): void {
  if (!path.startsWith(`${MANIFESTS}/`) || path.split('/').some(part => part === '..' || part === '.')) {
    throw refused(`${what} lies elsewhere than the manifests of the image`, path, `a file below ${MANIFESTS}`);
  }
  if (image === null) return;
  const declared = image.components.find(component => component.kind === 'manifest-bundle' && component.path === path);
  if (declared?.kind !== 'manifest-bundle') {
    throw refused(`${what} is not declared by the image`, path, 'a manifest-bundle of the component manifest');
  }
  if (declared.sha256 === sha256) return;
  throw refused(
    `${what} is meant for another image`,
    `sha256 ${sha256} in the configuration`,
    `sha256 ${declared.sha256}, as the component manifest has it of ${path}`,
  );
}

function requirePreloaded(what: string, text: string, { image }: Looking): void {
  if (image === null) return;
  const preloaded = preloadedImages(image);
  const missing = listImages(text).filter(name => !preloaded.has(fullName(name)));
  if (missing.length === 0) return;
  throw refused(`${what} names images that this image does not hold`, missing.join(', '), 'preloaded images only');
}

function workloadOf({ kind, namespace, name }: ManifestObject): WorkloadName[] {
  return isAwaitedKind(kind) ? [{ kind, namespace: namespace ?? 'default', name }] : [];
}

function isAwaitedKind(kind: string): kind is WorkloadName['kind'] {
  return kinds.includes(kind);
}

function named(
  owner: string,
  { kind, name }: NonNullable<Owner['readiness']>,
  all: readonly WorkloadName[],
): WorkloadName {
  const found = all.find(one => one.kind.toLowerCase() === kind.toLowerCase() && one.name === name);
  if (found !== undefined) return found;
  throw refused(
    `the manifests of ${owner} do not hold what is to be ready`,
    all.map(one => `${one.kind} ${one.name}`).join(', ') || `no ${kinds.join(', ')}`,
    `${kind} ${name}`,
  );
}

function refused(message: string, seen: string, wanted: string): AgentError {
  return new AgentError('E_WORKLOAD_REFUSED', message, { seen, wanted });
}
