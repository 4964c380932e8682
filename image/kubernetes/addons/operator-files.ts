import { join } from 'node:path';
import { build } from 'esbuild';
import { strip } from '../../../build/elf/strip.ts';
import { readNodeBase } from '../../../build/node-base.ts';
import type { ImageFile } from './workload-image.ts';

const project = join(import.meta.dirname, '..', '..', '..');
const FOLDER = '/usr/lib/k8s-mgmt-operator';

/** The reference operator as the program of a container: one file of JavaScript, and the Node that runs it. */
export async function operatorFiles(): Promise<readonly ImageFile[]> {
  const { outputFiles } = await build({
    absWorkingDir: project,
    entryPoints: ['test/kubernetes/operator/main.ts'],
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    write: false,
    logLevel: 'silent',
    // undici is CommonJS and asks for Node's modules by require().
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return [
    { path: `${FOLDER}/operator.mjs`, mode: 0o644, content: outputFiles[0]?.text ?? '' },
    { path: `${FOLDER}/node`, mode: 0o755, content: strip(readNodeBase(project, 'x64').bytes) },
  ];
}
