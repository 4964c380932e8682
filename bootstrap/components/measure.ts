import type { Host } from '../host/host.ts';
import type { HashedFile } from './finding.ts';
import type { Component } from './manifest.ts';
import { listImages } from './manifest-bundle.ts';
import { offlineUnit } from './offline-unit.ts';
import { findPackages } from './package.ts';
import type { SpecComponent } from './spec.ts';
import { specInvalid } from './spec-invalid.ts';

export interface MeasureContext {
  readonly host: Host;
  hash(path: string): Promise<HashedFile | null>;
  /** Those before it in the spec. */
  readonly components: readonly Component[];
}

/** The component with what is measured of it in the root directory. Throws E_SPEC_INVALID that names component and path. */
export async function measure(spec: SpecComponent, context: MeasureContext): Promise<Component> {
  switch (spec.kind) {
    case 'binary': {
      const { name, group, kind, path, uid, version, versionCommand } = spec;
      const file = { path, ...(await measureFile(spec, path, context)), uid };
      return { name, group, kind, ...file, version, ...(versionCommand === undefined ? {} : { versionCommand }) };
    }
    case 'oci-archive': {
      const { name, group, kind, path, uid, images } = spec;
      return { name, group, kind, path, ...(await measureFile(spec, path, context)), uid, images };
    }
    case 'containerd-image':
      return { ...spec, digest: spec.digest ?? archivedDigest(spec, context) };
    case 'systemd-unit':
      return measureUnit(spec, context);
    case 'config': {
      const { name, group, kind, path, format, role, exact, keys } = spec;
      const { sha256 } = await measureFile(spec, path, context);
      return { name, group, kind, path, format, role, sha256: exact ? sha256 : null, keys };
    }
    case 'manifest-bundle': {
      const { name, group, kind, path } = spec;
      const { sha256 } = await measureFile(spec, path, context);
      return { name, group, kind, path, sha256, images: listImages((await context.host.files.readText(path)) ?? '') };
    }
    case 'package': {
      const { name, group, kind, package: packageName } = spec;
      return { name, group, kind, package: packageName, version: await installedVersion(spec, context) };
    }
  }
}

type Declared = {
  readonly name: string;
  sha256?: string | undefined;
  size?: number | undefined;
  mode?: string | undefined;
};

async function measureFile(
  declared: Declared,
  path: string,
  { hash, host }: Pick<MeasureContext, 'hash' | 'host'>,
): Promise<{ sha256: string; size: number; mode: string }> {
  const info = await host.files.stat(path);
  if (info?.type !== 'file') {
    const seen = info === null ? 'nothing' : `a ${info.type}`;
    throw specInvalid(`${declared.name}: ${path} is not a file in the root directory`, seen, 'a plain file');
  }
  const hashed = await hash(path);
  if (hashed === null) throw specInvalid(`${declared.name}: ${path} is gone`, 'nothing', 'a plain file');
  const mode = hashed.info.mode.toString(8).padStart(4, '0');
  const found = { sha256: hashed.sha256, size: hashed.info.size, mode };
  for (const key of ['sha256', 'size', 'mode'] as const) {
    if (declared[key] !== undefined && declared[key] !== found[key]) {
      throw specInvalid(`${declared.name}: ${path} has another ${key}`, String(found[key]), String(declared[key]));
    }
  }
  return found;
}

function archivedDigest(
  spec: Extract<SpecComponent, { kind: 'containerd-image' }>,
  { components }: MeasureContext,
): string {
  const archive = components.find(({ name }) => name === spec.archive);
  const image = archive?.kind === 'oci-archive' ? archive.images.find(({ ref }) => ref === spec.ref) : undefined;
  if (image !== undefined) return image.digest;
  throw specInvalid(
    `${spec.name}: the digest of ${spec.ref} is not known`,
    `archive ${spec.archive ?? 'null'}`,
    'a digest, or an oci-archive above it that holds this image',
  );
}

async function measureUnit(
  spec: Extract<SpecComponent, { kind: 'systemd-unit' }>,
  context: MeasureContext,
): Promise<Component> {
  const { name, group, kind, unit } = spec;
  const found = await offlineUnit(unit, context.host.files);
  const path = spec.path ?? found.fragment;
  if (path === null) throw specInvalid(`${name}: there is no unit ${unit}`, found.masked ? 'masked' : 'nothing', unit);
  const { sha256 } = await measureFile(spec, path, context);
  const dropIns = await Promise.all(
    found.dropIns.map(async dropIn => ({
      path: dropIn,
      sha256: (await measureFile({ name }, dropIn, context)).sha256,
    })),
  );
  return { name, group, kind, unit, path, sha256, enabled: spec.enabled ?? found.enabled, dropIns };
}

async function installedVersion(
  spec: Extract<SpecComponent, { kind: 'package' }>,
  { host }: MeasureContext,
): Promise<string> {
  const text = (await host.files.readText('/var/lib/dpkg/status')) ?? '';
  const installed = findPackages(text, spec.package).filter(({ status }) => status.endsWith(' ok installed'));
  const version = spec.version ?? installed[0]?.version;
  if (version !== undefined && installed.some(one => one.version === version)) return version;
  const seen = installed.map(one => one.version).join(', ') || 'not installed';
  throw specInvalid(`${spec.name}: package ${spec.package}`, seen, spec.version ?? 'an installed package');
}
