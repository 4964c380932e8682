import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { requireTools } from '../tool.ts';
import { checkImage, type Fault, faultIds } from './check-image.ts';
import { openImage } from './open-image.ts';

const USAGE = `usage: npm run image:check -- [--json] FILE
  FILE    a finished image: .qcow2, .ova, .vmdk, a raw disk, or the directory of a root file system
  --json  {"schema": "conjurer.image-check/v1", "file", "checks", "faults": [{"id", "where", "seen", "why", "fix"}]}`;

/** `npm run image:check`: see docs/image-builder.md. Status 0: no fault; 1: faults; 2: it could not be looked at. */
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`image:check: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

async function main(argv: readonly string[]): Promise<number> {
  const { file, json } = parse(argv);
  requireTools(['debugfs', 'e2fsck', 'qemu-img', 'sfdisk', 'tar']);
  if (process.getuid?.() !== 0) throw new Error('run it as root (or by fakeroot): owners are looked at, too');
  const image = openImage(file);
  try {
    const faults = await checkImage(image);
    process.stdout.write(json ? asJson(file, faults) : asText(file, faults));
    return faults.length === 0 ? 0 : 1;
  } finally {
    image.close();
  }
}

function parse(argv: readonly string[]): { file: string; json: boolean } {
  try {
    const options = { json: { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options });
    const [file] = positionals;
    if (file === undefined || positionals.length > 1) throw new Error('give one FILE');
    return { file: resolve(file), json: values.json };
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

function asJson(file: string, faults: readonly Fault[]): string {
  return `${JSON.stringify({ schema: 'conjurer.image-check/v1', file, checks: faultIds.length, faults }, null, 2)}\n`;
}

function asText(file: string, faults: readonly Fault[]): string {
  if (faults.length === 0) return `${file}: fit to be a template, ${faultIds.length} checks\n`;
  const lines = faults.map(
    ({ id, where, seen, why, fix }) => `${id}: ${where}: ${seen}\n  why  ${why}\n  fix  ${fix}\n`,
  );
  return `${lines.join('')}${file}: not fit to be a template, ${faults.length} faults\n`;
}
