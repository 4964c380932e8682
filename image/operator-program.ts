import { join } from 'node:path';
import { build } from 'esbuild';
import { strip } from '../build/elf/strip.ts';
import { readNodeBase } from '../build/node-base.ts';

const project = join(import.meta.dirname, '..');

/** Where the reference operator lies: on a machine as in a container. */
export const OPERATOR_FOLDER = '/usr/lib/k8s-mgmt-operator';

/** A reference operator: one file of JavaScript, and the Node that runs it. `entry`: its source in the project. */
export async function operatorProgram(entry: string): Promise<{ readonly script: string; readonly node: Buffer }> {
  const { outputFiles } = await build({
    absWorkingDir: project,
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    write: false,
    logLevel: 'silent',
    // undici is CommonJS and asks for Node's modules by require().
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return { script: outputFiles[0]?.text ?? '', node: strip(readNodeBase(project, 'x64').bytes) };
}
