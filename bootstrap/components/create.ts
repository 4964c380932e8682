import type { Host } from '../host/host.ts';
import { openHasher } from './hash/hasher.ts';
import { parseImageName } from './image-name.ts';
import { MANIFEST_SCHEMA, Manifest } from './manifest.ts';
import { measure } from './measure.ts';
import { findContradiction, readBuildId } from './open-manifest.ts';
import { requireSelfConsistent } from './self-check.ts';
import { ComponentsSpec } from './spec.ts';
import { specInvalid } from './spec-invalid.ts';

export interface CreateOptions {
  /** Its root is the root directory of the image. */
  readonly host: Host;
  /** The plain value of components.yaml. */
  readonly spec: unknown;
  /** Where it was read from, for messages. */
  readonly specPath: string;
  /** Of the command line; they win over the file. */
  readonly buildId: string | null;
  readonly builtAt: string | null;
  readonly signal: AbortSignal;
}

/**
 * The manifest of the image in the root directory: what the spec declares, with what is measured there. The same spec
 * and the same tree give the same manifest. Throws E_SPEC_INVALID, also where a validation of the tree would fail.
 */
export async function createManifest(options: CreateOptions): Promise<Manifest> {
  const { host, signal } = options;
  const spec = parseSpec(options.specPath, options.spec);
  const progress = { expect: () => undefined, read: () => undefined };
  const hasher = openHasher({ host, background: false, progress, signal });
  try {
    const components: Manifest['components'] = [];
    for (const component of spec.components) {
      components.push(await measure(component, { host, hash: hasher.hash, components }));
    }
    const version = parseImageName(spec.image)?.version ?? '';
    const manifest: Manifest = {
      schema: MANIFEST_SCHEMA,
      image: spec.image,
      version,
      ...(await buildOf(spec, options)),
      minControllerVersion: spec.minControllerVersion ?? version,
      os: await osOf(spec, host),
      kubernetes: spec.kubernetes,
      requirements: spec.requirements,
      components,
      closed: spec.closed,
    };
    const problem = findContradiction(manifest);
    if (problem !== null)
      throw specInvalid(`${problem.where}: ${problem.what}`, problem.what, 'a declaration without contradictions');
    const checked = Manifest.parse(manifest);
    await requireSelfConsistent(checked, { host, hash: hasher.hash, progress, signal });
    return checked;
  } finally {
    await hasher.close();
  }
}

/** The bytes that are written and signed. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function parseSpec(path: string, value: unknown): ComponentsSpec {
  const { data, error } = ComponentsSpec.safeParse(value);
  if (data !== undefined) return data;
  const [issue] = error.issues;
  const where = issue?.path.map(String).join('.') || 'the whole';
  if (issue?.code === 'unrecognized_keys') {
    const keys = issue.keys.join(', ');
    throw specInvalid(`${path}: ${where} has an unknown key: ${keys}`, keys, 'the keys of docs/components.schema.json');
  }
  throw specInvalid(`${path}: ${where}: ${issue?.message ?? 'does not fit'}`, where, issue?.message ?? 'another value');
}

async function buildOf(
  spec: ComponentsSpec,
  { host, buildId, builtAt }: CreateOptions,
): Promise<Pick<Manifest, 'buildId' | 'builtAt'>> {
  const inTree = await readBuildId(host.files);
  const id = buildId ?? spec.buildId ?? inTree;
  if (id === null) {
    throw specInvalid(
      'the image has no build id',
      'no buildId, no --build-id, no BUILD_ID',
      'BUILD_ID in /etc/os-release of the root directory',
    );
  }
  if (inTree !== null && inTree !== id) {
    throw specInvalid('the build id is not that of the root directory', id, `${inTree}, BUILD_ID in its os-release`);
  }
  const time = builtAt ?? spec.builtAt;
  if (time === undefined) {
    throw specInvalid(
      'the image has no build time',
      'no builtAt, no --built-at',
      'a time such as 2026-01-31T08:00:00Z',
    );
  }
  return { buildId: id, builtAt: time };
}

async function osOf(spec: ComponentsSpec, { files }: Host): Promise<Manifest['os']> {
  const text = (await files.readText('/etc/os-release')) ?? (await files.readText('/usr/lib/os-release')) ?? '';
  const field = (name: string) => new RegExp(`^${name}=["']?([^"'\\n]*)["']?$`, 'm').exec(text)?.[1] ?? '';
  const [id, versionId] = [field('ID'), field('VERSION_ID')];
  if (id !== '' && versionId !== '') return { id, versionId, arch: spec.arch };
  throw specInvalid(
    'the root directory does not say what system it is',
    'no ID or VERSION_ID',
    '/etc/os-release with both',
  );
}
