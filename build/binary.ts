import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './elf/elf.ts';
import { type Proof, proveFloor } from './elf/floor.ts';
import { makeExecutable } from './executable.ts';
import { readNodeBase, readPins } from './node-base.ts';
import { readIfThere, sha256, writeOutput } from './output.ts';
import { binaryName, host } from './platform.ts';
import { makeBlob, type Piece } from './sea-blob.ts';
import { smokeTest } from './smoke.ts';
import type { Stamp } from './stamp.ts';

export interface BuiltBinary {
  readonly machine: Machine;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly proof: Proof;
  /** Nothing that goes into it has changed since it was built. */
  readonly unchanged: boolean;
}

/** dist/conjurer-linux-MACHINE of an earlier build, if this build would make the same bytes; else null. */
export function findBinary(root: string, machine: Machine, pieces: readonly Piece[]): BuiltBinary | null {
  const file = binaryName(machine);
  const bytes = readIfThere(join(root, 'dist', file));
  const record = readIfThere(recordPath(root, machine));
  if (bytes === null || record === null) return null;
  const last = JSON.parse(record.toString()) as { key: string; sha256: string };
  if (last.key !== keyOf(root, machine, pieces) || last.sha256 !== sha256(bytes)) return null;
  return { machine, file, bytes: bytes.length, sha256: last.sha256, proof: proveFloor(bytes), unchanged: true };
}

/** Builds dist/conjurer-linux-MACHINE, and runs it where this machine can. */
export function buildBinary(root: string, machine: Machine, pieces: readonly Piece[], stamp: Stamp): BuiltBinary {
  const file = binaryName(machine);
  const path = join(root, 'dist', file);
  const runner = readNodeBase(root, host);
  const base = machine === host ? runner : readNodeBase(root, machine);
  const { bytes, proof } = makeExecutable(base.bytes, makeBlob(runner.path, pieces, machine === host));
  const digest = sha256(bytes);
  writeOutput(path, bytes, 0o755, temporary => {
    if (machine === host) smokeTest(temporary, stamp);
  });
  writeOutput(recordPath(root, machine), JSON.stringify({ key: keyOf(root, machine, pieces), sha256: digest }), 0o644);
  return { machine, file, bytes: bytes.length, sha256: digest, proof, unchanged: false };
}

function recordPath(root: string, machine: Machine): string {
  return join(root, '.cache', 'build', `${binaryName(machine)}.json`);
}

/** Everything that the bytes depend on: the bundle, the Node inside, the Node that made the code cache, the build itself. */
function keyOf(root: string, machine: Machine, pieces: readonly Piece[]): string {
  const pins = readPins(root);
  const folder = join(root, 'build');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => /\.(ts|cjs)$/.test(file))
    .sort()
    .map(file => `${file} ${sha256(readFileSync(join(folder, file)))}`);
  const digests = pieces.map(({ name, code }) => `${name} ${sha256(code)}`);
  return sha256([...digests, pins.sha256[machine], pins.sha256[host], ...sources].join('\n'));
}
