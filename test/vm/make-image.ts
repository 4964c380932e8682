import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BuiltImage, buildImage } from '../../image/build-image.ts';
import { defaultCache } from '../../image/options.ts';

const project = join(import.meta.dirname, '../..');

export interface TestImage {
  /** Where it is put, as clusterimage-r-vVERSION.qcow2. */
  readonly folder: string;
  readonly version: string;
  readonly kubernetes: boolean;
  readonly diskGiB: number;
}

/** The image as `npm run image` makes it, with the binary of these sources. Minutes; needs root. */
export async function makeImage({ folder, ...image }: TestImage): Promise<BuiltImage> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  say('building the binary and the image for the machines');
  execFileSync(process.execPath, ['build.mjs', '--host-only'], {
    cwd: project,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  mkdirSync(folder, { recursive: true });
  return buildImage({
    ...image,
    out: folder,
    formats: ['qcow2'],
    suite: 'bookworm',
    kernel: 'virtual',
    mirror: null,
    cacheDir: defaultCache(),
    fresh: false,
    binary: join(project, 'dist/conjurer-linux-x64'),
    operator: null,
    signing: 'throw-away',
    trustFiles: [],
    manifestSha1: false,
    builtAt: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    log: line => say(`  ${line}`),
  });
}
