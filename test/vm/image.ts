import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildImage } from '../../image/build-image.ts';
import { defaultCache } from '../../image/options.ts';

const project = join(import.meta.dirname, '../..');
export const vmFolder = join(project, '.cache/vm');
/** What all machines are made from; never written to. */
export const imageFile = join(vmFolder, 'clusterimage-r-v1.3.0.qcow2');
export const imageVersion = '1.3.0';

/** Before the tests: the image as `npm run image` makes it, with the binary of these sources. */
export default async function setup(): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  say('building the binary and the image for the machines');
  execFileSync(process.execPath, ['build.mjs', '--host-only'], {
    cwd: project,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  mkdirSync(vmFolder, { recursive: true });
  await buildImage({
    version: imageVersion,
    out: vmFolder,
    formats: ['qcow2'],
    suite: 'bookworm',
    kernel: 'virtual',
    mirror: null,
    diskGiB: 10,
    cacheDir: defaultCache(),
    fresh: false,
    binary: join(project, 'dist/conjurer-linux-x64'),
    kubernetes: false,
    operator: null,
    signing: 'throw-away',
    trustFiles: [],
    manifestSha1: false,
    builtAt: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    log: line => say(`  ${line}`),
  });
}
