import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BuiltBinary, buildBinary } from './binary.ts';
import { makeBundle } from './bundle.ts';
import { requireDependencyLines } from './dependencies.ts';
import type { Machine } from './elf/elf.ts';
import { makeLicenses } from './licenses.ts';
import { type NodeBase, readNodeBase } from './node-base.ts';
import { type Options, parseOptions } from './options.ts';
import { sha256, writeOutput } from './output.ts';
import { host, MACHINES, nodePackage } from './platform.ts';
import { makeSbom } from './sbom.ts';
import { readStamp } from './stamp.ts';
import { describeBuild } from './summary.ts';

const root = join(import.meta.dirname, '..');

try {
  await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`build: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function main(options: Options): Promise<void> {
  const stamp = readStamp(root, options);
  const { code, packages } = await makeBundle(root, stamp);
  requireDependencyLines(root, packages);
  const machines = options.hostOnly ? [host] : MACHINES;
  const bases = Object.fromEntries(machines.map(machine => [machine, readNodeBase(root, machine)])) as Record<
    Machine,
    NodeBase
  >;
  const binaries: BuiltBinary[] = machines.map(machine => buildBinary(root, machine, code, bases, stamp));
  const nodes = machines.map(machine => ({ ...bases[machine], name: nodePackage(machine) }));
  const nodeLicense = readFileSync(join(bases[host].path, '..', '..', 'LICENSE'), 'utf8');
  const documents = {
    'sbom.cdx.json': makeSbom(stamp, packages, nodes, process.versions as Record<string, string>),
    'licenses.txt': makeLicenses(packages, bases[host].version, nodeLicense),
  };
  const dist = join(root, 'dist');
  for (const [name, text] of Object.entries(documents)) writeOutput(join(dist, name), text, 0o644);
  const sums = [
    ...binaries.map(b => [b.file, b.sha256]),
    ...Object.entries(documents).map(([name, text]) => [name, sha256(text)]),
  ];
  writeOutput(join(dist, 'SHA256SUMS'), sums.map(([name, digest]) => `${digest}  ${name}\n`).join(''), 0o644);
  dropStale(dist, ['SHA256SUMS', ...sums.map(([name]) => name ?? '')]);
  process.stdout.write(describeBuild(stamp, binaries, packages.length));
}

/** A binary of an earlier build that this one did not make would lie beside sums that do not name it. */
function dropStale(dist: string, files: readonly string[]): void {
  for (const file of readdirSync(dist)) {
    if (file.startsWith('conjurer-linux-') && /^conjurer-linux-(x64|arm64)$/.test(file) && !files.includes(file)) {
      rmSync(join(dist, file));
    }
  }
}
