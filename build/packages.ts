import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** A third-party package of which at least one file is in the bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly license: string;
  /** Its licence file as shipped, word for word. */
  readonly licenseText: string;
  /** Subresource integrity of its tarball, from package-lock.json. */
  readonly integrity: string;
  /** Bundled packages that its bundled files import, as name@version. */
  readonly imports: readonly string[];
  /** Whether the agent's own files import it. */
  readonly direct: boolean;
}

/** Sorted by name and version. Throws where a package has no licence or is not in package-lock.json. */
export function listPackages(root: string, metafile: Metafile): BundledPackage[] {
  const bundled = new Set(
    Object.values(metafile.outputs).flatMap(output =>
      Object.entries(output.inputs)
        .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
        .map(([file]) => file),
    ),
  );
  const imports = new Map<string | null, Set<string>>();
  for (const file of bundled) {
    const folder = packageFolder(file);
    const targets = imports.get(folder) ?? new Set();
    imports.set(folder, targets);
    for (const { path } of metafile.inputs[file]?.imports ?? []) {
      const target = packageFolder(path);
      if (target !== null && target !== folder && bundled.has(path)) targets.add(target);
    }
  }
  const lock = readLock(root);
  const folders = [...imports.keys()].filter(folder => folder !== null);
  const manifests = new Map(folders.map(folder => [folder, readManifest(root, folder)]));
  const nameOf = (folder: string): string => {
    const { name, version } = manifests.get(folder) ?? readManifest(root, folder);
    return `${name}@${version}`;
  };
  return folders
    .map(folder => {
      const { name, version, license } = manifests.get(folder) ?? readManifest(root, folder);
      const integrity = lock[folder]?.integrity;
      if (integrity === undefined)
        throw new Error(`${name} is bundled, but package-lock.json has no integrity for ${folder}`);
      if (license === undefined) throw new Error(`${name} is bundled, but its package.json names no licence`);
      return {
        name,
        version,
        license,
        licenseText: readLicense(root, folder, { name, version }),
        integrity,
        imports: [...(imports.get(folder) ?? [])].map(nameOf).sort(),
        direct: imports.get(null)?.has(folder) ?? false,
      };
    })
    .sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
}

/** `node_modules/@scope/name`, the innermost; null for our own files. */
function packageFolder(file: string): string | null {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? null;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

function readManifest(root: string, folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
}

function readLock(root: string): Readonly<Record<string, { integrity?: string }>> {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, { integrity?: string }>>;
  };
  return lock.packages;
}

/** Some packages leave their licence in their repository: its text of that version is kept here. */
function readLicense(root: string, folder: string, { name, version }: Pick<Manifest, 'name' | 'version'>): string {
  const path = join(root, folder);
  const files = existsSync(path)
    ? readdirSync(path)
        .filter(file => /^(licen[cs]e|notice|copying)/i.test(file))
        .sort()
    : [];
  if (files.length === 0) {
    const kept = join(import.meta.dirname, 'licenses', `${name}-${version}.txt`);
    if (existsSync(kept)) return readFileSync(kept, 'utf8').trim();
    throw new Error(`${name} is bundled, but ships no licence file; put its text into ${kept}`);
  }
  return files.map(file => readFileSync(join(path, file), 'utf8').trim()).join('\n\n');
}
