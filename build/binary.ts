import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './elf/elf.ts';
import { type Proof, proveFloor } from './elf/floor.ts';
import { makeExecutable } from './executable.ts';
import type { NodeBase } from './node-base.ts';
import { readIfThere, sha256, writeOutput } from './output.ts';
import { binaryName, host } from './platform.ts';
import { makeBlob } from './sea-blob.ts';
import { smokeTest } from './smoke.ts';
import type { Stamp } from './stamp.ts';

export interface BuiltBinary {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly proof: Proof;
  /** Nothing that goes into it has changed since the last build. */
  readonly unchanged: boolean;
}

/** Builds dist/conjurer-linux-MACHINE, or leaves it where nothing has changed and its bytes are still what was built. */
export function buildBinary(
  root: string,
  machine: Machine,
  code: Buffer,
  bases: Readonly<Record<Machine, NodeBase>>,
  stamp: Stamp,
): BuiltBinary {
  const file = binaryName(machine);
  const path = join(root, 'dist', file);
  const record = join(root, '.cache', 'build', `${file}.json`);
  const key = sha256([sha256(code), bases[machine].sha256, bases[host].sha256, readBuildSources(root)].join('\n'));
  const built = readIfThere(path);
  const last = JSON.parse(readIfThere(record)?.toString() ?? '{}') as { key?: string; sha256?: string };
  if (built !== null && last.key === key && last.sha256 === sha256(built)) {
    return { file, bytes: built.length, sha256: last.sha256, proof: proveFloor(built), unchanged: true };
  }
  const blob = makeBlob(bases[host].path, code, machine === host);
  const { bytes, proof } = makeExecutable(bases[machine].bytes, blob);
  const digest = sha256(bytes);
  writeOutput(path, bytes, 0o755);
  if (machine === host) smokeTest(path, stamp);
  writeOutput(record, JSON.stringify({ key, sha256: digest }), 0o644);
  return { file, bytes: bytes.length, sha256: digest, proof, unchanged: false };
}

/** The build itself is one of the things that a binary is made from. */
function readBuildSources(root: string): string {
  const folder = join(root, 'build');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));
  return files
    .sort()
    .map(file => `${file} ${sha256(readFileSync(join(folder, file)))}`)
    .join('\n');
}
