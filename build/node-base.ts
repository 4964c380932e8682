import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './elf/elf.ts';
import { fetchNode } from './fetch-node.ts';
import { sha256 as digestOf } from './output.ts';
import { host, nodePackage } from './platform.ts';

/** SHA-256 of `bin/node` in the package of each architecture: npm checks a package when it unpacks it, never after. */
export interface NodePins {
  readonly version: string;
  readonly sha256: Readonly<Record<Machine, string>>;
}

/** The official Node of an architecture, as published: what the executable is made from. */
export interface NodeBase {
  readonly version: string;
  readonly bytes: Buffer;
  readonly sha256: string;
  /** Path of the file, to be run where it is the host's. */
  readonly path: string;
}

/** The host's is the installed one; the other is fetched once. Throws where its bytes are not the pinned ones. */
export function readNodeBase(root: string, machine: Machine): NodeBase {
  const version = readPinnedVersion(root, machine);
  const installed = join(root, 'node_modules', nodePackage(machine), 'bin', 'node');
  const path = machine === host && existsSync(installed) ? installed : fetchNode(root, machine, version);
  const bytes = readFileSync(path);
  const sha256 = digestOf(bytes);
  const pins = readPins(root);
  if (pins.version !== version) {
    throw new Error(
      `build/node-pins.json is of Node ${pins.version}, package.json asks for ${version}; type: npm run build -- --repin`,
    );
  }
  if (sha256 !== pins.sha256[machine]) {
    throw new Error(
      `${path} is not the pinned Node ${version}: its SHA-256 is ${sha256}, pinned is ${pins.sha256[machine]}; type: rm -rf node_modules .cache && npm ci`,
    );
  }
  return { version, bytes, sha256, path };
}

/** The exact version that package.json asks for. */
export function readPinnedVersion(root: string, machine: Machine): string {
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    optionalDependencies: Readonly<Record<string, string>>;
  };
  const version = optionalDependencies[nodePackage(machine)];
  if (version === undefined || !/^\d+\.\d+\.\d+$/.test(version)) {
    throw new Error(`package.json must pin ${nodePackage(machine)} to one version, it says ${version}`);
  }
  return version;
}

/** The digests of build/node-pins.json. */
export function readPins(root: string): NodePins {
  return JSON.parse(readFileSync(join(root, 'build', 'node-pins.json'), 'utf8')) as NodePins;
}
