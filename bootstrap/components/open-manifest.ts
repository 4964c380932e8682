import { createHash } from 'node:crypto';
import { AgentError } from '../errors.ts';
import type { Files } from '../host/host.ts';
import { parseImageName } from './image-name.ts';
import { Manifest, manifestPath, signaturePath } from './manifest.ts';
import { readTrustedKeys, type TrustedKey, verifySignature } from './trust.ts';

export interface OpenedManifest {
  readonly manifest: Manifest;
  /** Of the exact bytes, lower-case hex. */
  readonly sha256: string;
  readonly key: TrustedKey;
  /** What the machine says that its image's build is; null: it does not say. */
  readonly machineBuildId: string | null;
}

export interface OpenOptions {
  readonly files: Files;
  /** PEM. */
  readonly builtInKeys: readonly string[];
  /** Who runs this; root's keys are accepted by everyone, others only by their owner. */
  readonly uid: number;
}

/** A manifest that this machine has verified before: an older one must not take its place. */
export type Remembered = Pick<Manifest, 'buildId' | 'builtAt'>;

/**
 * The image's manifest, its signature verified over the exact bytes before they are parsed. null: there is none.
 * Throws the errors of readTrustedKeys and verifySignature, E_MANIFEST_INVALID, and E_MANIFEST_OTHER_BUILD.
 */
export async function openManifest(
  options: OpenOptions,
  remembered: Remembered | null,
): Promise<OpenedManifest | null> {
  const { files, builtInKeys, uid } = options;
  const bytes = await files.read(manifestPath);
  if (bytes === null) {
    if ((await files.stat(signaturePath)) === null && remembered === null) return null;
    throw new AgentError('E_MANIFEST_MISSING', `${manifestPath} is gone`, {
      seen: remembered === null ? 'only its signature' : 'nothing, and this machine has verified one before',
      wanted: 'the manifest of the image',
    });
  }
  const keys = await readTrustedKeys(files, builtInKeys, uid);
  const key = verifySignature(manifestPath, bytes, await files.readText(signaturePath), keys);
  const manifest = parseManifest(manifestPath, bytes);
  const machineBuildId = await readBuildId(files);
  requireThisBuild(manifest, machineBuildId, remembered);
  return { manifest, sha256: createHash('sha256').update(bytes).digest('hex'), key, machineBuildId };
}

/** Throws E_MANIFEST_INVALID that names the first thing that does not fit. */
export function parseManifest(path: string, bytes: Uint8Array): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid(path, 'the whole', 'not JSON in UTF-8');
  }
  const { data, error } = Manifest.safeParse(json);
  if (data === undefined) {
    const [issue] = error.issues;
    throw invalid(path, issue?.path.join('.') || 'the whole', issue?.message ?? 'does not fit');
  }
  const problem = findContradiction(data);
  if (problem !== null) throw invalid(path, problem.where, problem.what);
  return data;
}

/** BUILD_ID of os-release, which the image builder sets; the format is that of os-release(5). */
export async function readBuildId(files: Files): Promise<string | null> {
  const text = (await files.readText('/etc/os-release')) ?? (await files.readText('/usr/lib/os-release'));
  const value = /^BUILD_ID=(.*)$/m.exec(text ?? '')?.[1]?.trim();
  return value === undefined ? null : value.replace(/^(['"])(.*)\1$/, '$2');
}

/** What no single field shows to be wrong; null: nothing. */
export function findContradiction(manifest: Manifest): { readonly where: string; readonly what: string } | null {
  const name = parseImageName(manifest.image);
  if (name === null) return { where: 'image', what: 'not a name such as clusterimage-r-v1.2.3' };
  if (name.version !== manifest.version)
    return { where: 'version', what: `${manifest.version}, but image says ${name.version}` };
  const names = new Set<string>();
  for (const component of manifest.components) {
    if (names.has(component.name)) return { where: 'components', what: `two components are named ${component.name}` };
    names.add(component.name);
  }
  for (const component of manifest.components) {
    if (component.kind !== 'containerd-image' || component.archive === null) continue;
    const archive = manifest.components.find(({ name }) => name === component.archive);
    if (archive?.kind === 'oci-archive' && archive.images.some(({ ref }) => ref === component.ref)) continue;
    return {
      where: `components.${component.name}`,
      what: `no archive ${component.archive} that holds ${component.ref}`,
    };
  }
  return null;
}

function requireThisBuild(manifest: Manifest, machine: string | null, remembered: Remembered | null): void {
  if (machine !== null && machine !== manifest.buildId) {
    throw new AgentError('E_MANIFEST_OTHER_BUILD', `${manifestPath} is that of build ${manifest.buildId}`, {
      seen: `build ${manifest.buildId} of ${manifest.builtAt}`,
      wanted: `build ${machine}, which /etc/os-release names`,
    });
  }
  if (remembered === null || remembered.buildId === manifest.buildId) return;
  if (Date.parse(manifest.builtAt) > Date.parse(remembered.builtAt)) return;
  throw new AgentError('E_MANIFEST_OTHER_BUILD', `${manifestPath} was replaced by an older one`, {
    seen: `build ${manifest.buildId} of ${manifest.builtAt}`,
    wanted: `build ${remembered.buildId} of ${remembered.builtAt}, which this machine has verified before, or a newer one`,
  });
}

function invalid(path: string, where: string, what: string): AgentError {
  return new AgentError('E_MANIFEST_INVALID', `${path} is not valid: ${where}: ${what}`, {
    seen: `${where}: ${what}`,
    data: { path },
  });
}
