import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './elf/elf.ts';
import { nodePackage } from './platform.ts';

/**
 * Path of the Node of an architecture that npm does not install here, in .cache/node/NAME-VERSION/. Fetched by
 * `npm pack` and checked against package-lock.json the first time.
 */
export function fetchNode(root: string, machine: Machine, version: string): string {
  const name = nodePackage(machine);
  const parent = join(root, '.cache', 'node');
  const folder = join(parent, `${name}-${version}`);
  if (!existsSync(folder)) {
    mkdirSync(parent, { recursive: true });
    const work = mkdtempSync(join(parent, 'fetch-'));
    try {
      const tarball = pack(`${name}@${version}`, work);
      requireIntegrity(tarball, readIntegrity(root, name, version), `${name}@${version}`);
      execFileSync('tar', ['-xzf', tarball, '-C', work, 'package/bin/node', 'package/LICENSE']);
      if (!existsSync(folder)) renameSync(join(work, 'package'), folder);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  return join(folder, 'bin', 'node');
}

/** Throws where the file is not what the lock file says. */
export function requireIntegrity(file: string, integrity: string, what: string): void {
  const [algorithm = '', wanted = ''] = integrity.split(/-(.*)/);
  const seen = createHash(algorithm).update(readFileSync(file)).digest('base64');
  if (seen !== wanted)
    throw new Error(`${what}: the tarball is ${algorithm}-${seen}, package-lock.json wants ${integrity}`);
}

function pack(spec: string, folder: string): string {
  try {
    execFileSync('npm', ['pack', spec, '--pack-destination', folder, '--silent'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new Error(`npm pack ${spec} failed: ${said}\nwithout network type: npm run build -- --host-only`);
  }
  const [tarball] = readdirSync(folder).filter(file => file.endsWith('.tgz'));
  if (tarball === undefined) throw new Error(`npm pack ${spec} wrote no tarball`);
  return join(folder, tarball);
}

function readIntegrity(root: string, name: string, version: string): string {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, { version?: string; integrity?: string }>>;
  };
  const entry = packages[`node_modules/${name}`];
  if (entry?.version !== version || entry.integrity === undefined) {
    throw new Error(`package-lock.json has no integrity for ${name}@${version}; type: npm install`);
  }
  return entry.integrity;
}
