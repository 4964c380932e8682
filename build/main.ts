import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BuiltBinary, buildBinary, findBinary } from './binary.ts';
import { makeBundle } from './bundle.ts';
import { requireDependencyLines } from './dependencies.ts';
import { makeLicenses } from './licenses.ts';
import { readPins } from './node-base.ts';
import { type Options, parseOptions } from './options.ts';
import { sha256, writeOutput } from './output.ts';
import type { BundledPackage } from './packages.ts';
import { binaryName, host, MACHINES, nodePackage } from './platform.ts';
import { repin } from './repin.ts';
import { makeSbom } from './sbom.ts';
import { readStamp, type Stamp } from './stamp.ts';
import { describeBuild } from './summary.ts';
import { verifyBuild } from './verify.ts';

const root = join(import.meta.dirname, '..');

try {
  await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`build: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function main(options: Options): Promise<void> {
  if (options.repin) {
    const { version } = repin(root);
    process.stdout.write(`build/node-pins.json is of Node ${version} now\n`);
    return;
  }
  const stamp = readStamp(root, options);
  const { pieces, packages } = await makeBundle(root, stamp);
  requireDependencyLines(root, packages);
  const binaries = MACHINES.flatMap(machine => {
    const found = findBinary(root, machine, pieces);
    if (found !== null) return [found];
    return options.hostOnly && machine !== host ? [] : [buildBinary(root, machine, pieces, stamp)];
  });
  writeDocuments(stamp, packages, binaries);
  process.stdout.write(describeBuild(stamp, binaries, packages.length));
  if (options.verify) {
    const same = verifyBuild(root, stamp, binaries.length === 1);
    process.stdout.write(`reproducible: ${same.length} files are the same bytes in three builds\n`);
  }
}

function writeDocuments(stamp: Stamp, packages: readonly BundledPackage[], binaries: readonly BuiltBinary[]): void {
  const dist = join(root, 'dist');
  const { version, sha256: digests } = readPins(root);
  const nodes = binaries.map(({ machine }) => ({ name: nodePackage(machine), version, sha256: digests[machine] }));
  const nodeLicense = readFileSync(join(root, 'node_modules', nodePackage(host), 'LICENSE'), 'utf8');
  const documents = {
    'sbom.cdx.json': makeSbom(stamp, packages, nodes, process.versions as Record<string, string>),
    'licenses.txt': makeLicenses(packages, version, nodeLicense),
  };
  for (const [name, text] of Object.entries(documents)) writeOutput(join(dist, name), text, 0o644);
  const sums = [
    ...binaries.map(({ file, sha256: digest }) => `${digest}  ${file}\n`),
    ...Object.entries(documents).map(([name, text]) => `${sha256(text)}  ${name}\n`),
  ];
  writeOutput(join(dist, 'SHA256SUMS'), sums.join(''), 0o644);
  // A binary of other sources would lie beside sums and an SBOM that do not speak of it.
  for (const file of MACHINES.map(binaryName)) {
    if (!binaries.some(binary => binary.file === file)) rmSync(join(dist, file), { force: true });
  }
}
